import { expect, test } from 'vitest';
import { ask, freePort, startHttpBackend, startSluice, tally, until } from '../kit/index.ts';

test('#11 not ready before every worker serves the first snapshot, ready from then on', async () => {
  const backend = await startHttpBackend('backend');
  // Many, so that compiling them takes a while during which the management port already answers.
  const routes = Array.from({ length: 10_000 }, (_, index) => ({
    name: `route-${index}`,
    pathPattern: `/${index}/**`,
    backends: [{ name: 'backend', url: backend.url }],
  }));
  const sluice = await startSluice({ proxy: { workers: 2 }, routes }, { ready: false });
  const seen: number[] = [];
  const look = async (): Promise<boolean> => {
    // 0: nobody listens yet.
    const status = await ask(sluice.managementPort, '/ready').then(
      (answer) => answer.status,
      () => 0,
    );
    if (seen.at(-1) !== status) seen.push(status);
    return status === 200;
  };
  await until('readiness', look, { detail: () => sluice.output });
  // The moment it is ready every connection, whichever worker it meets, is served all routes.
  expect(await tally(100, (index) => ask(sluice.proxyPort, `/${index * 99}/x`))).toEqual({ backend: 100 });
  expect(await look()).toBe(true);
  expect(seen).toEqual([0, 503, 200]);
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
