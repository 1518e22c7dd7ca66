import { Connection } from '../load/connection.ts';
import { browserRequest } from '../load/browser-request.ts';
import { openLoop } from '../load/open-loop.ts';
import type { OpenLoopResult } from '../load/open-loop.ts';
import type { Server } from '../lab.ts';
import { routePrefix } from '../peers/sluice-config.ts';
import { median } from '../statistics.ts';

/** Latency at a fixed rate, straight to the upstream and through a proxy; microseconds, medians of the rounds. */
export interface AddedLatency {
  readonly method: string;
  readonly requestsPerSecond: number;
  readonly direct: { readonly p50Micros: number; readonly p99Micros: number };
  readonly through: Readonly<
    Record<string, { readonly p50Micros: number; readonly p99Micros: number; readonly addedP99Micros: number }>
  >;
  readonly errors: number;
  /** Smallest share of the wanted rate that was reached; below 0.99 the generator was the limit and the figure is void. */
  readonly reachedShare: number;
}

export interface AddedLatencyOptions {
  /** Requests per second of the open loop. */
  readonly rate: number;
  readonly rounds: number;
  readonly seconds: number;
}

const method =
  'open loop at a fixed rate in batches each millisecond, 64 connections; a latency runs from when the request was due, ' +
  'so waiting for a free connection counts (no coordinated omission); added = p99 through the proxy − p99 of the direct call, same generator';

/** Alternates between the direct call and each proxy, round by round. */
export async function measureAddedLatency(
  upstream: Server,
  proxies: readonly Server[],
  options: AddedLatencyOptions,
): Promise<AddedLatency> {
  const results = new Map<Server, OpenLoopResult[]>();
  for (let round = 0; round < options.rounds; round += 1) {
    for (const server of [upstream, ...proxies]) {
      const result = await loadServer(server, options);
      results.set(server, [...(results.get(server) ?? []), result]);
    }
  }
  const all = [...results.values()].flat();
  const direct = middle(results.get(upstream) ?? []);
  return {
    method,
    requestsPerSecond: options.rate,
    direct,
    through: Object.fromEntries(
      proxies.map((proxy) => {
        const latency = middle(results.get(proxy) ?? []);
        return [proxy.name, { ...latency, addedP99Micros: latency.p99Micros - direct.p99Micros }];
      }),
    ),
    errors: all.reduce((sum, { errors }) => sum + errors, 0),
    reachedShare: Math.min(...all.map(({ reachedShare }) => reachedShare)),
  };
}

function middle(results: readonly OpenLoopResult[]): { p50Micros: number; p99Micros: number } {
  return {
    p50Micros: median(results.map(({ p50Micros }) => p50Micros)),
    p99Micros: median(results.map(({ p99Micros }) => p99Micros)),
  };
}

async function loadServer({ port }: Server, { rate, seconds }: AddedLatencyOptions): Promise<OpenLoopResult> {
  const connections = await Promise.all(Array.from({ length: 64 }, () => Connection.open(port)));
  const request = browserRequest(port, `${routePrefix(507)}/1k`);
  try {
    await openLoop(connections, request, { rate, seconds: 1 }); // warm-up
    return await openLoop(connections, request, { rate, seconds });
  } finally {
    for (const connection of connections) connection.close();
  }
}
