import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { answersOnce } from './load/connection.ts';

/** A server started for the benchmark. */
export interface Server {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  /** Where it speaks TLS, if it does. */
  readonly tlsPort?: number | undefined;
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The port that it will accept connections on once it is ready. */
  readonly port: number;
  readonly tlsPort?: number | undefined;
  /** Cores that all its threads are bound to, such as 0 or `0,1`; undefined leaves it to the system. */
  readonly core: number | string | undefined;
  readonly cwd?: string;
  /** Whether it is ready; by default when it answers a request. */
  readonly isReady?: (port: number) => Promise<boolean>;
}

/** Where everything a run starts or writes lives, so that one `close()` leaves nothing behind. */
export interface Lab {
  readonly folder: string;
  /** Core of the proxy under test, and the core of upstream and load; undefined on a machine with one core. */
  readonly proxyCore: number | undefined;
  readonly loadCore: number | undefined;
  /** Both of them, for what is not about the cost on one core. */
  readonly bothCores: string | undefined;
  write(name: string, text: string): string;
  /** The certificate that all proxies show; made when it is first asked for. */
  certificate(): Certificate;
  start(options: ServerOptions): Promise<Server>;
  close(): void;
}

/** Files of a certificate for ECDSA on P-256, signed by itself. */
export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

// 100,000 consumers are read at a start.
const startTimeoutMs = 60_000;
const stopTimeoutMs = 3_000;

/** Makes the temporary folder, binds this process to the load core and sees to it that children end with it. */
export function createLab(): Lab {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const running = new Set<ChildProcess>();
  const [proxyCore, loadCore] = twoCores();
  if (loadCore !== undefined) spawnSync('taskset', ['-a', '-c', '-p', String(loadCore), String(process.pid)]);

  const close = (): void => {
    for (const child of running) killGroup(child, 'SIGKILL');
    running.clear();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', close);
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.once(signal, () => process.exit(code));
  }

  let certificate: Certificate | undefined;
  return {
    folder,
    proxyCore,
    loadCore,
    bothCores: loadCore === undefined ? undefined : `${proxyCore},${loadCore}`,
    close,
    write(name, text) {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    },
    certificate: () => (certificate ??= makeCertificate(folder)),
    async start(options) {
      const logFile = join(folder, `${options.name}-${options.port}.log`);
      const child = spawnPinned(options, logFile);
      running.add(child);
      child.once('exit', () => running.delete(child));
      await ready(options, child, logFile);
      return {
        name: options.name,
        port: options.port,
        tlsPort: options.tlsPort,
        pid: child.pid ?? 0,
        stop: () => stop(child),
      };
    },
  };
}

function makeCertificate(folder: string): Certificate {
  const [certFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
  const args = ['req', '-x509', ...key, '-out', certFile, '-subj', '/CN=127.0.0.1', '-days', '7'];
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl is needed to make a certificate: ${stderr}`);
  return { certFile, keyFile };
}

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done, failed) => probe.once('error', failed).listen(0, '127.0.0.1', done));
  const { port } = probe.address() as AddressInfo;
  await new Promise<void>((done) => probe.close(() => done()));
  return port;
}

/** The command line that pins to a core; the pinned process also gets SIGTERM should the benchmark die unheard. */
export function pinned(
  core: number | string | undefined,
  command: string,
  args: readonly string[],
): [string, string[]] {
  const affinity = core === undefined ? [] : ['taskset', '-c', String(core)];
  return ['setpriv', ['--pdeathsig', 'TERM', ...affinity, command, ...args]];
}

function spawnPinned(options: ServerOptions, logFile: string): ChildProcess {
  const [command, args] = pinned(options.core, options.command, options.args);
  // A group of its own lets stop() reach the server's children too.
  return spawn('sh', ['-c', 'exec "$@" >"$0" 2>&1', logFile, command, ...args], {
    cwd: options.cwd,
    detached: true,
    stdio: 'ignore',
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NODE_ENV: 'production' },
  });
}

async function ready(
  { name, port, isReady = answersOnce }: ServerOptions,
  child: ChildProcess,
  logFile: string,
): Promise<void> {
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    if (await isReady(port)) return;
    await sleep(20);
  }
  const how = child.exitCode === null ? `did not listen on port ${port} in ${startTimeoutMs} ms` : 'ended at its start';
  throw new Error(
    `${name} ${how}; its last lines:\n${readFileSync(logFile, 'utf8').split('\n').slice(-20).join('\n')}`,
  );
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((done) => child.once('exit', () => done()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => killGroup(child, 'SIGKILL'), stopTimeoutMs);
  await gone;
  clearTimeout(timer);
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // ESRCH: it is gone already
  }
}

/** The first two cores this process may use. */
function twoCores(): [number | undefined, number | undefined] {
  const list = /^Cpus_allowed_list:\s+(.*)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '';
  const cores = list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  return cores.length < 2 ? [undefined, undefined] : [cores[0], cores[1]];
}
