import { expect, test } from 'vitest';
import { ask, startHttpBackend, startSluice } from '../kit/index.ts';

// `sluice start 2> >(head -n 1)`, or a log shipper that is restarted: the write after that fails with EPIPE.
test('a reader of log and access log that goes away does not end the gateway', async () => {
  const backend = await startHttpBackend('a');
  const config = (name: string) => ({
    proxy: { workers: 1, accessLog: { sample: 1, file: '-' } },
    routes: [{ name, backends: [{ name: 'a', url: backend.url }] }],
  });
  const sluice = await startSluice(config('first'));
  try {
    sluice.stopReading();
    for (let round = 0; round < 3; round++) {
      const { revision } = await sluice.health();
      // A change is logged, and so is each request.
      await sluice.writeConfig(config(`round-${round}`));
      await sluice.waitForRevision(revision + 1);
      expect((await ask(sluice.proxyPort, '/')).status).toBe(200);
    }
    // Stopping writes what is queued of both.
    sluice.signal('SIGTERM');
    expect(await sluice.exit()).toBe(0);
  } finally {
    await sluice.stop();
    await backend.close();
  }
});
