import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ask, freePort, spawnSluice, tally } from '../kit/index.ts';
import type { Answer } from '../kit/index.ts';

const folders: string[] = [];
afterEach(() => Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true }))));

test('the demo serves both backends behind /test and ends cleanly', async () => {
  const [port, management] = [await freePort(), await freePort()];
  const demo = await startDemo(port, management);
  await demo.ready(management);
  // On one connection, since each worker counts by itself.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const send = () => ask(port, '/test/get?x=y', { agent });
  const key = ({ status, headers }: Answer): string => `${status} ${String(headers['x-served-by'])}`;
  expect(await tally(100, send, { key })).toEqual({ '200 stable': 90, '200 candidate': 10 });
  const answer = await send();
  agent.destroy();
  expect(JSON.parse(answer.body)).toMatchObject({ args: { x: 'y' }, method: 'GET' });
  expect(answer.headers['x-gateway-revision']).toMatch(/^\d+$/);
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
