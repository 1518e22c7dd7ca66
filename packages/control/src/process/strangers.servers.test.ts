import { parseConfig } from '@sluice/model';
import { createLogger, metricText } from '@sluice/service';
import { startRedis } from '@sluice/service/testing';
import { afterEach, expect, test, vi } from 'vitest';
import { openControlPlane } from './control-plane.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

test('whoever writes to Redis neither takes the lead away, nor breaks what is shown, nor says anything in our name', async () => {
  const redis = await startRedis();
  closers.push(() => redis.stop());
  const { createClient } = await import('@redis/client');
  const stranger = createClient({ url: redis.url });
  await stranger.connect();
  closers.push(() => stranger.destroy());
  // Where earlier versions kept the lock and its counter.
  await stranger.set('sluice:lock:{leader}', 'stolen');
  await stranger.set('sluice:token:{leader}', '9223372036854775807');

  const parsed = parseConfig({ role: 'control', store: { url: 'memory:' }, redis: { url: redis.url } });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const log = createLogger({ output: { write: () => true } });
  const plane = await openControlPlane({ config: parsed.config, log, version: '0.0.0' });
  closers.push(() => plane.close());
  await vi.waitFor(() => expect(plane.bus.connected).toBe(true));
  await vi.waitFor(() => expect(metricText(plane.status)).toContain('_leading 1'));

  const report = { nodeId: 'x', refused: { revision: 1 }, revision: 1, unhealthy: [null], routes: [null], load: {} };
  const messages = [{ revision: 1e308 }, { deploymentId: '../x' }, report, { id: 'c', kind: 'checkHealth' }];
  for (const topic of ['revision', 'deployment', 'node', 'command']) {
    for (const message of messages) {
      await stranger.publish(`sluice:bus:${topic}`, JSON.stringify({ from: 'x', message }));
    }
  }
  await vi.waitFor(() => expect(plane.bus.counts.malformed).toBe(16));
  expect(metricText(plane.status)).toMatch(/_nodes_live 0\n[^]*_leading 1|_leading 1\n[^]*_nodes_live 0\n/);
  expect(plane.status.health()).toMatchObject({ control: { leading: true, nodes: 0 } });
});
