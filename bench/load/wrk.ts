import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pinned } from '../lab.ts';

/** What one run of wrk saw; times in microseconds. */
export interface Load {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  /** Answers with a status from 400 on, broken connections and time-outs. */
  readonly errors: number;
}

export interface LoadOptions {
  readonly port: number;
  readonly secure?: boolean;
  readonly connections: number;
  readonly seconds: number;
  /** File of requests, as `requestFile` renders it. */
  readonly requests: string;
  readonly core: number | undefined;
}

const script = join(import.meta.dirname, 'browser.lua');
const handshakes = join(import.meta.dirname, 'handshakes.ts');

/** Runs wrk with one thread against 127.0.0.1; rejects when wrk cannot run or prints no result. */
export async function runWrk({
  port,
  secure = false,
  connections,
  seconds,
  requests,
  core,
}: LoadOptions): Promise<Load> {
  const url = `${secure ? 'https' : 'http'}://127.0.0.1:${port}/`;
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '5s', '-s', script, url, '--', requests];
  return runLoad(...pinned(core, 'wrk', args));
}

/** The same with a connection and a handshake of its own for each request. */
export async function runHandshakes({ port, connections, seconds, requests, core }: LoadOptions): Promise<Load> {
  return runLoad(
    ...pinned(core, process.execPath, [handshakes, String(port), String(connections), String(seconds), requests]),
  );
}

async function runLoad(command: string, args: readonly string[]): Promise<Load> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await new Promise<void>((closed, failed) => {
    child.once('error', failed);
    child.once('close', () => closed());
  });
  return parseLoad(output);
}

/** Reads the RESULT line of `browser.lua` or `handshakes.ts` out of all that was printed. */
export function parseLoad(output: string): Load {
  const line = /^RESULT (\{.*\})$/m.exec(output)?.[1];
  if (line === undefined) throw new Error(`the load printed no result:\n${output}`);
  const result = JSON.parse(line) as Record<string, number>;
  const field = (name: string): number => result[name] ?? Number.NaN;
  return {
    requests: field('requests'),
    seconds: field('micros') / 1e6,
    p50Micros: field('p50'),
    p99Micros: field('p99'),
    errors: ['connect', 'read', 'write', 'status', 'timeout'].reduce((sum, name) => sum + field(name), 0),
  };
}

/** Renders requests for `browser.lua`. */
export function requestFile(requests: readonly string[]): string {
  return requests.map((request) => `${request}\n%%\n`).join('');
}
