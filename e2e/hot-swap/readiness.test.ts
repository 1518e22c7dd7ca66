import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ask, freePort, startHttpBackend, startSluice, tally, until } from '../kit/index.ts';

/** Keeps the second worker from its start until there is a file. */
const heldUntil = (file: string): string => `
import { existsSync } from 'node:fs';
import { threadName } from 'node:worker_threads';
const nothing = new Int32Array(new SharedArrayBuffer(4));
while (threadName === 'data-plane-1' && !existsSync(${JSON.stringify(file)})) Atomics.wait(nothing, 0, 0, 5);
`;

test('#11 not ready before every worker serves the first snapshot, ready from then on', async () => {
  const backend = await startHttpBackend('backend');
  const routes = Array.from({ length: 1000 }, (_, index) => ({
    name: `route-${index}`,
    pathPattern: `/${index}/**`,
    backends: [{ name: 'backend', url: backend.url }],
  }));
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(heldUntil('go-on'))}` };
  const sluice = await startSluice({ proxy: { workers: 2 }, routes }, { ready: false, env });
  // 0: nobody listens yet.
  const look = (): Promise<number> =>
    ask(sluice.managementPort, '/ready').then(
      ({ status }) => status,
      () => 0,
    );
  const detail = (): string => sluice.output;
  expect(await until('an answer', look, { detail })).toBe(503);
  await writeFile(join(dirname(sluice.configFile), 'go-on'), '');
  await until('readiness', async () => (await look()) === 200, { detail });
  // The moment it is ready every connection, whichever worker it meets, is served all routes.
  expect(await tally(100, (index) => ask(sluice.proxyPort, `/${index * 9}/x`))).toEqual({ backend: 100 });
  expect(await look()).toBe(200);
  await sluice.stop();
  await backend.close();
});

test('a configuration that is bad from the start ends the process with all problems', async () => {
  const sluice = await startSluice(
    {
      routes: [
        { name: 'x', backends: [] },
        { name: 'x', timeoutSeconds: 0, backends: [{ name: 'y', url: 'http://127.0.0.1:1' }] },
      ],
    },
    { ready: false },
  );
  expect(await sluice.exit()).toBe(1);
  for (const path of ['backends', 'timeoutSeconds', 'name']) expect(sluice.output).toContain(path);
});

test('a backend at the management port is refused at the start', async () => {
  const port = await freePort();
  const sluice = await startSluice(
    { management: { port }, routes: [{ name: 'x', backends: [{ name: 'y', url: `http://localhost:${port}/` }] }] },
    { ready: false },
  );
  expect(await sluice.exit()).toBe(1);
  expect(sluice.output).toContain('management');
});
