import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ask, freePort, spawnSluice } from '../kit/index.ts';

const folders: string[] = [];
afterEach(() => Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true }))));

test('the demo serves both backends behind /test and ends cleanly', async () => {
  const [port, management] = [await freePort(), await freePort()];
  const demo = await startDemo(port, management);
  await demo.ready(management);
  const answers = await Promise.all(Array.from({ length: 100 }, () => ask(port, '/test/get?x=y')));
  const served = answers.map(({ headers }) => headers['x-served-by']);
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(served.filter((name) => name === 'stable').length).toBeGreaterThan(80);
  expect(served).toContain('candidate');
  expect(JSON.parse(answers[0].body)).toMatchObject({ args: { x: 'y' }, method: 'GET' });
  expect(answers[0].headers['x-gateway-revision']).toMatch(/^\d+$/);
  await demo.written(`:${port}/test/get`);
  expect(await demo.stop()).toBe(0);
});

test('a port that is taken is named', async () => {
  const [port, management] = [await freePort(), await freePort()];
  const first = await startDemo(port, management);
  await first.ready(management);
  const second = await startDemo(port, await freePort());
  expect(await second.exit()).toBe(1);
  expect(second.output).toContain(String(port));
  expect(second.output).toContain('--port');
  await first.stop();
});

/** Each demo has a folder of its own. */
async function startDemo(port: number, management: number) {
  const cwd = await mkdtemp(join(tmpdir(), 'demo-'));
  folders.push(cwd);
  return spawnSluice(['start', '--demo', '--port', String(port), '--management-port', String(management)], { cwd });
}
