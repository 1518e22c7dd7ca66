import type { GatewayConfig } from '@sluice/model';
import type { ConfigProblem } from '@sluice/service';
import { resolve } from 'node:path';
import { CommandFailure } from '../command/command.ts';
import type { Arguments, Context } from '../command/command.ts';
import { findConfigFile, loadConfig } from '../config/load-config.ts';
import { firstProblem } from '../config/problem-lines.ts';
import { shownUrl } from './shown-url.ts';

/** The flag for the configuration that names the store. There is none for its address, which may hold a password. */
export const configFlag = {
  name: 'config',
  short: 'c',
  value: 'FILE',
  description: 'Configuration that names the store (store.url)',
} as const;

/** Where a store is. */
export interface StoreLocation {
  /** May hold a password. */
  readonly url: string;
  /** Without the password, for messages. */
  readonly shown: string;
  readonly config: GatewayConfig;
}

/**
 * The store that the configuration names: of `--config`, else of the folder, with the environment over it. `instead` says
 * what to do about a store that only the running process has. Rejects with a CommandFailure.
 */
export async function locateStore(args: Arguments, context: Context, instead: string): Promise<StoreLocation> {
  const config = await loadStoreConfig(args, context);
  const { url } = config.store;
  if (isMemory(url)) {
    throw new CommandFailure(`store.url is memory:, which only the running process can reach: ${instead}`);
  }
  return { url: absolute(url, context.cwd), shown: shownUrl(url), config };
}

/** Whether only the running process can reach the store. */
export async function isOnlyInMemory(args: Arguments, context: Context): Promise<boolean> {
  return isMemory((await loadStoreConfig(args, context)).store.url);
}

function isMemory(url: string): boolean {
  return url.toLowerCase() === 'memory:';
}

async function loadStoreConfig({ options }: Arguments, context: Context): Promise<GatewayConfig> {
  const given = options['config'];
  const file = given ?? findConfigFile(context);
  const loaded = await loadConfig(file === undefined ? { base: {} } : { file }, context);
  if (!loaded.ok) throw new CommandFailure(refusal(loaded.problems, file));
  return loaded.config;
}

function refusal(problems: readonly ConfigProblem[], file: string | undefined): string {
  const all = file === undefined ? '' : `; see sluice check ${file}`;
  return `the configuration that names the store is not valid: ${firstProblem(problems)}${all}`;
}

/** The path of a SQLite file starts from the current folder. */
function absolute(url: string, cwd: string): string {
  const file = /^sqlite:(?:\/\/)?(?<file>[^:].*)$/i.exec(url)?.groups?.['file'];
  return file === undefined ? url : `sqlite:${resolve(cwd, file)}`;
}
