import { setTimeout as sleep } from 'node:timers/promises';
import { browserRequest } from '../load/browser-request.ts';
import { Connection } from '../load/connection.ts';
import type { Server } from '../lab.ts';
import { routePrefix } from '../peers/sluice-config.ts';
import { treeUsage } from '../process-tree.ts';

/** Resident memory of the gateway, bytes. */
export interface Memory {
  readonly restBytes: number;
  readonly connections: number;
  /** What the idle connections, each of which has made one request, add. */
  readonly addedByIdleBytes: number;
}

const atOnce = 200;

/** Measures at rest, then with `count` idle connections that come from several loopback addresses. */
export async function measureMemory(server: Server, count: number, settleMs: number): Promise<Memory> {
  await sleep(settleMs);
  const restBytes = treeUsage(server.pid).rssBytes;
  const connections: Connection[] = [];
  try {
    while (connections.length < count) {
      const batch = Array.from({ length: Math.min(atOnce, count - connections.length) }, (_, index) =>
        openIdle(server.port, `127.0.0.${2 + ((connections.length + index) % 8)}`),
      );
      connections.push(...(await Promise.all(batch)));
    }
    await sleep(settleMs);
    const closed = connections.filter(({ usable }) => !usable).length;
    if (closed > 0) throw new Error(`${server.name} closed ${closed} of ${count} idle connections`);
    return { restBytes, connections: count, addedByIdleBytes: treeUsage(server.pid).rssBytes - restBytes };
  } finally {
    for (const connection of connections) connection.close();
  }
}

async function openIdle(port: number, localAddress: string): Promise<Connection> {
  const connection = await Connection.open(port, localAddress);
  const { status } = await connection.request(browserRequest(port, `${routePrefix(7)}/1k`));
  if (status !== 200) throw new Error(`answered ${status} while the idle connections were opened`);
  return connection;
}
