import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GatewayConfigInput } from '@sluice/model';
import { freePort } from './free-port.ts';
import { spawnSluice } from './start-sluice.ts';
import { until } from './until.ts';

/** A process that keeps its ports and its folder when it is killed and started again. */
export interface LastingProcess {
  readonly name: string;
  readonly role: 'all' | 'control' | 'gateway';
  /** Where it works: its configuration and, unless told otherwise, its store are in there. */
  readonly folder: string;
  readonly proxyPort: number;
  readonly managementPort: number;
  /** Everything it has written, over all its lives. */
  readonly output: string;
  readonly running: boolean;
  /** Waits for readiness. `env` is added to the environment in this life alone. */
  start(env?: Readonly<Record<string, string>>): Promise<void>;
  /** Resolves when it has ended by itself, or was ended. */
  ended(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | NodeJS.Signals | undefined>;
  /** What `/health` says; undefined when it does not answer. */
  health(): Promise<ProcessHealth | undefined>;
}

/** The part of `/health` that is looked at. */
export interface ProcessHealth {
  readonly status: string;
  readonly revision: number;
  readonly control?: { readonly leading: boolean; readonly converged: boolean; readonly nodes: number };
}

/** What a process is made of. */
export interface ProcessOptions {
  readonly name: string;
  readonly role: LastingProcess['role'];
  readonly config: GatewayConfigInput;
  readonly env: Readonly<Record<string, string>>;
}

/** Prepares a process in a folder of its own; nothing runs before `start`. */
export async function createProcess({
  name,
  role,
  config,
  env,
}: ProcessOptions): Promise<LastingProcess & { remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), `sluice-${name}-`));
  const [proxyPort, managementPort] = [await freePort(), await freePort()];
  const file = join(folder, 'sluice.json');
  const whole = {
    ...config,
    role,
    proxy: { ...config.proxy, port: proxyPort },
    management: { ...config.management, port: managementPort },
  };
  await mkdir(folder, { recursive: true });
  await writeFile(file, JSON.stringify(whole));

  let life: ReturnType<typeof spawnSluice> | undefined;
  let before = '';
  const management = `http://127.0.0.1:${managementPort}`;
  const output = (): string => before + (life?.output.text ?? '');
  const end = async (signal: NodeJS.Signals): Promise<number | NodeJS.Signals | undefined> => {
    const ending = life;
    if (ending === undefined) return undefined;
    ending.child.kill(signal);
    const code = await ending.exited;
    before += ending.output.text;
    if (life === ending) life = undefined;
    return code;
  };
  return {
    name,
    role,
    folder,
    proxyPort,
    managementPort,
    get output() {
      return output();
    },
    get running() {
      return life !== undefined;
    },
    async start(more) {
      before = output();
      life = spawnSluice(['start', '--config', file, '--json'], { ...env, ...more }, folder);
      const ready = async (): Promise<boolean> => {
        if (life?.child.exitCode !== null) throw new Error(`${name} ended: ${output().slice(-3000)}`);
        return fetch(`${management}/ready`).then(
          ({ status }) => status === 200,
          () => false,
        );
      };
      await until(`${name} to be ready`, ready, { timeout: 30_000, detail: () => output().slice(-3000) });
    },
    async ended() {
      await life?.exited;
    },
    async kill() {
      await end('SIGKILL');
    },
    stop: () => end('SIGTERM'),
    health: () =>
      fetch(`${management}/health`).then(
        async (response) => (await response.json()) as ProcessHealth,
        () => undefined,
      ),
    async remove() {
      await end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
