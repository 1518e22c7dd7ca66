import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GatewayConfig } from '@sluice/model';
import {
  type HttpBackend,
  type InProcessGateway,
  parsedConfig,
  startHttpBackend,
  startInProcess,
  startLoad,
} from '../kit/index.ts';

// In one process, since that many changes of a file would take minutes.
const swaps = 10_000;
/** Routes that are new with each swap: all together they would not find room in the node's memory. */
const fresh = 10;
let a: HttpBackend, b: HttpBackend;
let node: InProcessGateway;

beforeAll(async () => {
  [a, b] = [await startHttpBackend('a'), await startHttpBackend('b')];
  node = await startInProcess({ proxy: { workers: 2, exposeRevision: true, accessLog: { failures: false } } });
});
afterAll(async () => {
  await node.close();
  await Promise.all([a.close(), b.close()]);
});

/** `/toggled` goes to a at odd revisions and to b at even ones; the connections to the other one are given up each time. */
function configAt(revision: number): GatewayConfig {
  const target = revision % 2 ? a : b;
  const backends = [{ name: target.name, url: target.url }];
  return parsedConfig({
    proxy: { port: 0, workers: 2, exposeRevision: true, accessLog: { failures: false } },
    management: { port: 0 },
    routes: [
      { name: 'toggled', pathPattern: '/toggled', backends },
      ...Array.from({ length: fresh }, (_, index) => ({
        name: `fresh-${revision}-${index}`,
        pathPattern: `/fresh/${revision}/${index}/{id}`,
        backends,
      })),
    ],
  });
}

interface Memory {
  readonly resident: number;
  readonly heaps: number;
}

/** MiB in use by the process, which is also the client's and the backends', and by the heaps of the workers alone. */
async function memory(): Promise<Memory> {
  const heaps = await node.metric('nodejs_heap_size_used_bytes');
  return { resident: process.memoryUsage.rss() / 2 ** 20, heaps: heaps / 2 ** 20 };
}

test(`#7 ${swaps} swaps leave no old generation behind`, { timeout: 180_000 }, async () => {
  await node.gateway.apply(configAt(2));
  const load = startLoad({
    port: node.proxyPort,
    connections: 4,
    request: (index) => ({ path: index % 4 ? '/toggled' : `/fresh/${node.gateway.revision}/0/x` }),
    judge: ({ status, body, headers }, index) => {
      const expected = Number(headers['x-gateway-revision']) % 2 ? 'a' : 'b';
      // A route that was there a moment ago may be gone by the time the request arrives.
      if (body === expected || (index % 4 === 0 && status === 404)) return undefined;
      return `${status} ${body} at revision ${String(headers['x-gateway-revision'])}`;
    },
  });
  const seen: Memory[] = [];
  for (let revision = 3; revision <= swaps; revision++) {
    expect(await node.gateway.apply(configAt(revision))).toMatchObject({ changed: true, revision });
    if (revision % 2000 === 0) seen.push(await memory());
  }
  await load.stop();
  expect(load.wrong).toEqual([]);
  expect(load.answered).toBeGreaterThan(1000);
  expect(node.log).not.toContain('"level":"error"');
  const [early, late] = [seen[0], seen[seen.length - 1]];
  // A generation that stayed would cost each worker some 20 KB: 160 MB for the swaps in between.
  expect(late.heaps - early.heaps).toBeLessThan(30);
  expect(late.resident - early.resident).toBeLessThan(150);
});
