import { afterAll, beforeAll, expect, test } from 'vitest';
import { sendPipelined, startCountingBackend } from './pipelines.ts';
import type { CountingBackend } from './pipelines.ts';
import { long } from './settings.ts';
import { startDelivery } from './start-delivery.ts';
import type { Delivery } from './start-delivery.ts';

const requests = 100_000;
/** Percent, and how many percentage points off it may be. */
// The smaller one is missed by chance once in two thousand million runs: it is more than six standard deviations.
const shares = [
  { percentage: 10, tolerance: 1 },
  { percentage: 1, tolerance: 0.2 },
];

let delivery: Delivery;
let backends: { stable: CountingBackend; candidate: CountingBackend };

beforeAll(async () => {
  const [stable, candidate] = await Promise.all(['stable', 'candidate'].map((name) => startCountingBackend(name)));
  backends = { stable, candidate };
  delivery = await startDelivery();
});

afterAll(async () => {
  await delivery.close();
  await Promise.all([backends.stable.close(), backends.candidate.close()]);
});

test('over 100,000 requests 10 percent are right within 1 percentage point, 1 percent within 0.2', async () => {
  for (const { percentage } of shares) {
    const name = `share-${percentage}`;
    const routeAt = (version: 'stable' | 'candidate') => ({
      ...delivery.routeAt(name, version),
      backends: [{ name: version, url: backends[version].url }],
    });
    await delivery.api.acknowledged('POST', '/gateway/routes', routeAt('stable'));
    const phases = [{ trafficPercentage: percentage, duration: long }];
    // Latencies say more about this machine than about the candidate.
    const analysis = { dryRun: ['latency'] };
    await delivery.create({ routeId: name, route: routeAt('candidate'), phases, analysis });
  }
  await delivery.whenConverged();
  await Promise.all(
    shares.map(async ({ percentage, tolerance }) => {
      const path = `/share-${percentage}/x`;
      const bodies = ['stable', 'candidate'];
      const options = { port: delivery.process.proxyPort, path, count: requests, connections: 8, depth: 16, bodies };
      const answers = await sendPipelined(options);
      const [stable, candidate] = [backends.stable, backends.candidate].map(({ received }) => received.get(path) ?? 0);
      const share = (candidate / requests) * 100;
      console.log(`${requests} requests at ${percentage} %: ${candidate} reached the candidate, ${share.toFixed(3)} %`);
      expect(stable + candidate).toBe(requests);
      expect(answers).toEqual({ stable, candidate });
      expect(Math.abs(share - percentage)).toBeLessThanOrEqual(tolerance);
    }),
  );
});
