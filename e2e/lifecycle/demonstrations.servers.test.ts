import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort, runSluice, spawnSluice, until } from '../kit/index.ts';
import type { SluiceProcess } from '../kit/index.ts';

let folder: string;
let demo: SluiceProcess;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demonstrations-'));
  const ports = ['--port', String(await freePort()), '--management-port', String(await freePort())];
  demo = spawnSluice(['start', '--demo', ...ports], { cwd: folder });
  await until('the demo to let others in', () => existsSync(pass()), { detail: () => demo.output });
});
afterAll(async () => {
  await demo.kill();
  await rm(folder, { recursive: true });
});

const pass = (): string => join(folder, '.sluice/demo.json');

async function show(name: string) {
  const { code, stdout, stderr } = await runSluice(['demo', name], { cwd: folder });
  return { code, text: stdout + stderr };
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

test('a limit that is too tight is taken back by itself, and nothing else was wrong', async () => {
  const { code, text } = await show('tight-limit');
  expect(code, text).toBe(0);
  expect(text).toMatch(/Rolled back: The candidate refused/);
  expect(text).toMatch(/refused by 1\.3 {6,}[1-9]\d*\n/);
  expect(text).toMatch(/without an answer {6,}0\n/);
  expect(text).toMatch(/answers that failed {4}0\n/);
}, 60_000);

test('whoever ends a demonstration takes its version back; the demo ends with nothing left behind', async () => {
  const canary = spawnSluice(['demo', 'canary'], { cwd: folder });
  await canary.written('Phase 1 of 5');
  canary.signal('SIGINT');
  expect(await canary.exited, canary.output).toBe(130);
  expect(canary.output).toContain('the new version is rolled back');
  expect(await demo.stop()).toBe(0);
  expect(existsSync(pass())).toBe(false);
  expect((await show('canary')).text).toContain('no demo runs in this folder');
}, 60_000);
