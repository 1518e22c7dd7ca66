import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ObserveResult } from './observe/observe-result.ts';
import type { PolicyResult } from './policies/policy-result.ts';
import type { Result } from './result.ts';

const run = join(import.meta.dirname, 'run.ts');
const short = ['--quick', '--seconds', '1', '--cases', '1k-64,tls-1k-64,tls-new-32'];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-bench-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Command lines of all processes that have this test's folder in theirs: what a run left behind. */
function leftBehind(): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      const command = /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') : '';
      return command.includes(folder) ? [command] : [];
    } catch {
      return []; // ended between the listing and the reading
    }
  });
}

test('nginx and haproxy are measured side by side, without errors, and nothing is left behind', async () => {
  const args = [run, ...short, '--only', 'nginx,haproxy', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, TMPDIR: folder } });
  const { throughput, machine } = JSON.parse(stdout) as Result;
  expect(throughput.map(({ peer }) => peer)).toEqual(['nginx', 'haproxy', 'nginx', 'haproxy', 'nginx', 'haproxy']);
  for (const cell of throughput) {
    expect(cell.errors).toBe(0);
    expect(cell.requestsPerSecond).toBeGreaterThan(cell.caseId === 'tls-new-32' ? 10 : 500);
    expect(cell.cpuMicrosPerRequest).toBeGreaterThan(1);
    expect(cell.rssBytes).toBeGreaterThan(1024 * 1024);
  }
  expect(throughput[0]?.ratioToNginx).toBe(1);
  expect(machine.nginx).toMatch(/^\d+\.\d+/);
  expect(leftBehind()).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

test('policies are measured beside nginx and a route without any, and nothing is left behind', async () => {
  const args = [run, '--quick', '--seconds', '1', '--policies', '--only', 'headers', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, TMPDIR: folder } });
  const { policies } = JSON.parse(stdout) as PolicyResult;
  expect(policies.map(({ id, errors }) => [id, errors])).toEqual([
    ['nginx', 0],
    ['none', 0],
    ['headers', 0],
  ]);
  expect(leftBehind()).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

test('what observing costs is measured beside a gateway that observes nothing, and nothing is left behind', async () => {
  const args = [run, '--quick', '--seconds', '1', '--observe', '--only', 'all-100', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, TMPDIR: folder } });
  const { observed } = JSON.parse(stdout) as ObserveResult;
  expect(observed.map(({ id, errors }) => [id, errors])).toEqual([
    ['nothing', 0],
    ['all-100', 0],
  ]);
  expect(leftBehind()).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

test('an interrupted run takes its servers with it', async () => {
  const args = [run, '--quick', '--only', 'nginx', '--cases', '1k-64'];
  const child = spawn(process.execPath, args, { env: { ...process.env, TMPDIR: folder }, stdio: 'ignore' });
  await expect.poll(() => leftBehind().filter((command) => command.includes('wrk')).length).toBeGreaterThan(0);
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([130, null]);
  await expect.poll(leftBehind).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});
