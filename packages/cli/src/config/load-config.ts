import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { configJsonSchema, parseConfig, usualVariables } from '@sluice/model';
import type { GatewayConfig } from '@sluice/model';
import { loadLayers } from '@sluice/service';
import type { ConfigProblem, LayersResult, Override } from '@sluice/service';
import type { Context } from '../command/command.ts';

const usualNames = ['sluice.yaml', 'sluice.yml', 'sluice.json', 'sluice.toml'];

/** The configuration file in the current folder, or undefined. */
export function findConfigFile(context: Context): string | undefined {
  return usualNames.find((name) => existsSync(join(context.cwd, name)));
}

/** What a command says that looked for a configuration file and found none, and what to do about it. */
export const noConfigFile = {
  message: `there is no ${usualNames.slice(0, -1).join(', ')} or ${usualNames.at(-1)} in this folder: only the environment and the defaults count`,
  advice: 'sluice init writes a file to start from',
} as const;

/** Where a configuration comes from, besides the environment. */
export interface ConfigOrigin {
  /** As the user wrote it; relative to the current folder. */
  readonly file?: string | undefined;
  /** Counts when there is no file. */
  readonly base?: unknown;
  readonly flags?: readonly Override[];
}

/** Loads a configuration with all its layers; problems name the file as the user wrote it. */
export async function loadConfig(origin: ConfigOrigin, context: Context): Promise<LayersResult<GatewayConfig>> {
  const file = origin.file === undefined ? undefined : resolve(context.cwd, origin.file);
  const schema = { parse: parseConfig, json: configJsonSchema() };
  const { base, flags = [] } = origin;
  const variables = { env: context.env, prefix: 'SLUICE', aliases: usualVariables };
  const result = await loadLayers({ schema, file, base, flags, ...variables });
  const asWritten = (problem: ConfigProblem): ConfigProblem =>
    problem.source !== undefined && problem.source === file && origin.file !== undefined
      ? { ...problem, source: origin.file }
      : problem;
  if (!result.ok) return { ...result, problems: result.problems.map(asWritten) };
  return {
    ...result,
    warnings: result.warnings.map(asWritten),
    locate: (problem) => asWritten(result.locate(problem)),
  };
}
