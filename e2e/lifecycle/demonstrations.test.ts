import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort, until } from '../kit/index.ts';

const bin = fileURLToPath(new URL('../../packages/cli/bin/sluice.js', import.meta.url));
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:SLUICE|VITEST|NODE_)/.test(name)));

let folder: string;
let demo: ReturnType<typeof sluice>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demonstrations-'));
  const ports = ['--port', String(await freePort()), '--management-port', String(await freePort())];
  demo = sluice(['start', '--demo', ...ports]);
  await until('the demo to let others in', () => existsSync(pass()), { timeout: 20_000, detail: () => demo.output() });
});
afterAll(async () => {
  demo.child.kill('SIGKILL');
  await demo.exited;
  await rm(folder, { recursive: true });
});

const pass = (): string => join(folder, '.sluice/demo.json');

function sluice(args: readonly string[]) {
  const child = spawn(process.execPath, [bin, ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, exited, output: () => text };
}

async function show(name: string): Promise<{ readonly code: number | null; readonly text: string }> {
  const { exited, output } = sluice(['demo', name]);
  const code = await exited;
  return { code, text: output() };
}

test('a bad version is taken back, a good one gets through, and both can be shown again', async () => {
  for (const name of ['bad-canary', 'canary', 'bad-canary']) {
    const { code, text } = await show(name);
    expect(code, text).toBe(0);
    expect(text).toMatch(name === 'canary' ? /Completed: demo version 1\.1/ : /Rolled back: /);
    expect(text).toMatch(/without an answer {6,}0\n/);
    expect(text).toMatch(
      name === 'canary' ? /answers that failed {4}0\n/ : /answers that failed {4}\d+, all by 1\.2\n/,
    );
  }
}, 180_000);

test('whoever ends a demonstration takes its version back; the demo ends with nothing left behind', async () => {
  const { child, exited, output } = sluice(['demo', 'canary']);
  await until('the deployment to begin', () => output().includes('Phase 1 of 5'), { timeout: 20_000, detail: output });
  child.kill('SIGINT');
  expect(await exited, output()).toBe(130);
  expect(output()).toContain('the new version is taken back');
  demo.child.kill('SIGTERM');
  expect(await demo.exited).toBe(0);
  expect(existsSync(pass())).toBe(false);
  expect((await show('canary')).text).toContain('no demo runs in this folder');
}, 60_000);
