import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GatewayConfig } from '@sluice/model';
import { startHttpBackend, startLoad } from '../kit/index.ts';
import type { HttpBackend } from '../kit/index.ts';
import { parsedConfig, startInProcess } from '../kit/start-in-process.ts';
import type { InProcessGateway } from '../kit/start-in-process.ts';

let a: HttpBackend, b: HttpBackend;
let node: InProcessGateway;

/** `/toggled` goes to a at odd revisions and to b at even ones; the connections to the other one are given up each time. */
function configAt(revision: number, fresh: number): GatewayConfig {
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

function least(seen: readonly Memory[]): Memory {
  return {
    resident: Math.min(...seen.map(({ resident }) => resident)),
    heaps: Math.min(...seen.map(({ heaps }) => heaps)),
  };
}

interface Amounts {
  readonly swaps: number;
  /** Routes that are new with each swap: what a generation that stayed would cost. */
  readonly fresh: number;
  /** MiB by which the process may grow, when there are enough swaps for that to say something. */
  readonly mostResident?: number;
}

/** Declares that so many swaps leave no old generation behind. In one process, since that many changes of a file would take minutes. */
export function testGenerations({ swaps, fresh, mostResident = Infinity }: Amounts): void {
  beforeAll(async () => {
    [a, b] = [await startHttpBackend('a'), await startHttpBackend('b')];
    node = await startInProcess({ proxy: { workers: 2, exposeRevision: true, accessLog: { failures: false } } });
  });
  afterAll(async () => {
    await node.close();
    await Promise.all([a.close(), b.close()]);
  });
  test(`#7 ${swaps} swaps leave no old generation behind`, { timeout: 300_000 }, async () => {
    await node.gateway.apply(configAt(2, fresh));
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
      expect(await node.gateway.apply(configAt(revision, fresh))).toMatchObject({ changed: true, revision });
      if (revision % (swaps / 50) === 0) seen.push(await memory());
    }
    await load.stop();
    expect(load.wrong).toEqual([]);
    expect(load.answered).toBeGreaterThan(Math.min(swaps, 1000));
    expect(node.log).not.toContain('"level":"error"');
    // By then the heaps have what they need. What lies about until it is collected is none of it: hence the least of ten looks.
    const early = least(seen.slice(10, 20));
    const late = least(seen.slice(-10));
    // A route that stayed would cost each worker some 2 KB, and there are two.
    expect(late.heaps - early.heaps).toBeLessThan(30);
    expect(late.resident - early.resident).toBeLessThan(mostResident);
  });
}
