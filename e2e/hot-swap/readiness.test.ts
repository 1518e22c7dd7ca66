import { expect, test } from 'vitest';
import { ask, freePort, startHttpBackend, startSluice, tally, until } from '../kit/index.ts';

test('#11 not ready before every worker serves the first snapshot, ready from then on', async () => {
  const backend = await startHttpBackend('backend');
  const routes = Array.from({ length: 3000 }, (_, index) => ({
    name: `route-${index}`,
    pathPattern: `/${index}/**`,
    backends: [{ name: 'backend', url: backend.url }],
  }));
  const sluice = await startSluice({ proxy: { workers: 2 }, routes }, { ready: false });
  const seen = new Set<number>();
  await until(
    'readiness',
    async () => {
      // Nobody listens yet, then 503, then 200; and the moment it is 200 everything is answered.
      const status = await ask(sluice.managementPort, '/ready').then(
        (answer) => answer.status,
        () => 0,
      );
      seen.add(status);
      return status === 200;
    },
    { timeout: 20_000 },
  );
  expect([...seen].every((status) => [0, 200, 503].includes(status))).toBe(true);
  expect(await tally(50, (index) => ask(sluice.proxyPort, `/${index * 59}/x`))).toEqual({ backend: 50 });
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
