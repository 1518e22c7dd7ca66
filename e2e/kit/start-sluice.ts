import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GatewayConfigInput } from '@sluice/model';
import { freePort } from './free-port.ts';
import { sumOf } from './metric-sum.ts';
import { until, within } from './until.ts';

/** A gateway running as a process of its own, with its configuration file in a temporary folder. */
export interface Sluice {
  readonly proxyPort: number;
  readonly managementPort: number;
  readonly pid: number;
  readonly configFile: string;
  /** Everything written to stdout and stderr so far. */
  readonly output: string;
  /** Replaces the file in one step (write, then rename) and returns at once. */
  writeConfig(config: GatewayConfigInput): Promise<void>;
  /** Writes the file and waits until the log says that it is live; it has to differ from the present one. */
  apply(config: GatewayConfigInput): Promise<void>;
  /** What `/health` on the management port says. */
  health(): Promise<Health>;
  /** Waits until `/health` names at least this revision. */
  waitForRevision(revision: number): Promise<void>;
  /** The sum of all samples of a metric whose labels contain `labels`; 0 when there are none. */
  metric(name: string, labels?: Record<string, string>): Promise<number>;
  /** Waits until no client is connected and no request is under way. */
  idle(): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Nobody reads its stdout and stderr any more: the reading ends are closed. */
  stopReading(): void;
  /** Waits for the process to end; its exit code, or the signal that ended it. */
  exit(timeout?: number): Promise<number | NodeJS.Signals>;
  /** SIGTERM, then waits for the end. Kills (and fails) what does not end. May be called twice. */
  stop(): Promise<void>;
}

/** The part of `/health` that the tests look at. */
export interface Health {
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  readonly revision: number;
  readonly lastRefusal?: unknown;
}

/** Settings of one start. `ready: false` does not wait for readiness. */
export interface StartOptions {
  readonly env?: Record<string, string>;
  readonly ready?: boolean;
}

const command = fileURLToPath(new URL('../../packages/cli/bin/sluice.js', import.meta.url));
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts `sluice start --config FILE` on free ports and waits until `/ready` is 200; fails with the process's output. */
export async function startSluice(
  config: GatewayConfigInput,
  { env = {}, ready = true }: StartOptions = {},
): Promise<Sluice> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-e2e-'));
  const configFile = join(folder, 'sluice.json');
  const ports = { proxy: await freePort(), management: await freePort() };
  const write = async (next: GatewayConfigInput): Promise<void> => {
    const whole = {
      ...next,
      proxy: { port: ports.proxy, ...next.proxy },
      management: { port: ports.management, ...next.management },
    };
    await writeFile(`${configFile}.new`, JSON.stringify(whole, null, 1));
    await rename(`${configFile}.new`, configFile);
  };
  await write(config);
  const process = spawnSluice(['start', '--config', configFile], env, folder);
  const sluice = handleOf(process, {
    configFile,
    ports,
    write,
    remove: () => rm(folder, { recursive: true, force: true }),
  });
  if (ready) await becomeReady(process, sluice);
  return sluice;
}

interface SluiceProcess {
  readonly child: ChildProcess;
  readonly output: { text: string };
  readonly exited: Promise<number | NodeJS.Signals>;
}

/** Runs the command with any arguments, in a folder where it may leave things; `output` grows while it runs. */
export function spawnSluice(
  args: readonly string[],
  env: Record<string, string> = {},
  cwd: string = tmpdir(),
): SluiceProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(SLUICE|VITEST|NODE_)/.test(name));
  const child = spawn(process.execPath, [command, ...args], {
    cwd,
    env: { ...Object.fromEntries(inherited), ...env },
  });
  running.add(child);
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output.text += chunk.toString()));
  }
  const exited = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, signal) => {
      running.delete(child);
      resolve(code ?? signal ?? -1);
    });
  });
  return { child, output, exited };
}

interface Place {
  readonly configFile: string;
  readonly ports: { readonly proxy: number; readonly management: number };
  readonly write: (config: GatewayConfigInput) => Promise<void>;
  readonly remove: () => Promise<void>;
}

function handleOf({ child, output, exited }: SluiceProcess, { configFile, ports, write, remove }: Place): Sluice {
  const management = `http://127.0.0.1:${ports.management}`;
  const detail = (): string => `Output: ${output.text.slice(-4000)}`;
  const health = async (): Promise<Health> => (await (await fetch(`${management}/health`)).json()) as Health;
  const waitForRevision = async (revision: number): Promise<void> => {
    await until(`revision ${revision}`, async () => (await health()).revision >= revision, { detail });
  };
  const metrics = async (): Promise<string> => (await fetch(`${management}/metrics`)).text();
  const busy = async (): Promise<number> => {
    const text = await metrics();
    return sumOf(text, 'api_gateway_active_connections') + sumOf(text, 'api_gateway_active_requests');
  };
  return {
    proxyPort: ports.proxy,
    managementPort: ports.management,
    pid: child.pid!,
    configFile,
    get output() {
      return output.text;
    },
    writeConfig: write,
    apply: async (config) => {
      const before = output.text.length;
      await write(config);
      const isLive = (): boolean => output.text.slice(before).includes('"configuration is live"');
      await until('the configuration to be live', isLive, { detail });
    },
    health,
    waitForRevision,
    metric: async (name, labels) => sumOf(await metrics(), name, labels),
    idle: async () => {
      await until('the gateway to be idle', async () => (await busy()) === 0, { detail });
    },
    signal: (name) => void child.kill(name),
    stopReading: () => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    },
    exit: (timeout = 30_000) => within('the process to end', exited, { timeout, detail }),
    stop: async () => {
      child.kill('SIGTERM');
      try {
        await within('the process to end after SIGTERM', exited, { timeout: 35_000, detail });
      } finally {
        child.kill('SIGKILL');
        await remove();
      }
    },
  };
}

async function becomeReady({ exited, output }: SluiceProcess, sluice: Sluice): Promise<void> {
  let ended = false;
  void exited.then(() => (ended = true));
  const ready = until(
    'the gateway to be ready',
    async () => {
      if (ended) throw new Error(`the gateway ended before it was ready. Output: ${output.text}`);
      return fetch(`http://127.0.0.1:${sluice.managementPort}/ready`).then(
        (response) => response.status === 200,
        () => false,
      );
    },
    { timeout: 50_000, detail: () => `Output: ${output.text}` },
  );
  await ready.catch(async (error: unknown) => {
    sluice.signal('SIGKILL');
    await exited;
    throw error;
  });
}
