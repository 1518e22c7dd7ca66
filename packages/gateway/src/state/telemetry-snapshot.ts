import { Limited } from './limited.ts';
import type { LimitedCount } from './limited.ts';
import type { Histogram } from './histogram.ts';
import { policyStride, requestKey } from './layout.ts';
import type { NodeMemory, TelemetryMemory } from './layout.ts';
import { PassageTelemetry } from './passages.ts';
import type { Overhead } from './passages.ts';
import { policyOutcomes } from './policy-counts.ts';
import type { PolicyOutcome } from './policy-counts.ts';
import { rejectReasons } from './reject-reasons.ts';
import type { RejectReason } from './reject-reasons.ts';
import { countedMethods, methodOf, slotOf, statusOf } from './request-key.ts';
import { ownerOf, readRequestTable } from './request-table.ts';
import type { CountedKind } from './request-table.ts';
import { RouteTelemetry } from './route-telemetry.ts';
import type { SharedFloats } from './shared-count.ts';
import { handshakeOutcomes, telemetryTotals } from './telemetry.ts';
import type { HandshakeOutcome } from './telemetry.ts';
import { readTiers } from './tier-counts.ts';

/** How many requests ended with one method and status. */
export interface RequestCount {
  readonly method: string;
  readonly status: number;
  readonly count: number;
}

/** The counters of all workers added up. The functions read the memory when they are called first, or each time. */
export interface TelemetrySnapshot {
  /** Requests answered through a backend. */
  requestsOfBackend(backend: number): readonly RequestCount[];
  /** Requests of a route for which no backend was chosen. */
  requestsOfRoute(route: number): readonly RequestCount[];
  /** Requests that belonged to no route. */
  readonly unrouted: readonly RequestCount[];
  readonly rejections: ReadonlyMap<RejectReason, number>;
  /** Requests that authentication let through, by the tier of their senders. */
  readonly tiers: ReadonlyMap<string, number>;
  /** Client connections accepted. */
  readonly connections: number;
  /** Requests that are missing above, because there were more kinds of them than there are places to count. */
  readonly uncounted: number;
  /** Time from the first byte of a request to the last of its answer. */
  durations(route: number): Histogram;
  /** What the gateway added to exchanges of a route. */
  overhead(route: number): Overhead;
  /** Bytes of the requests and of the responses of a route. */
  received(route: number): number;
  sent(route: number): number;
  retries(backend: number): number;
  /** What limits refused on a route slot, without what is still 0. */
  limited(route: number): readonly LimitedCount[];
  /** What policies counted on a route slot, without what is still 0. */
  policyCounts(slot: number): readonly (readonly [PolicyOutcome, number])[];
  failures(backend: number): number;
  /** How often the circuit breaker of a backend opened. */
  openings(backend: number): number;
  ejections(backend: number): number;
  /** Handshakes of clients. */
  handshakes(outcome: HandshakeOutcome): number;
}

/** Adds up the counters of all workers. Main thread only, because only there do slots not change hands meanwhile. */
export function readTelemetry(memory: NodeMemory): TelemetrySnapshot {
  const workers = memory.telemetry;
  const routes = new RouteTelemetry(memory);
  const passages = new PassageTelemetry(memory);
  const limited = new Limited(memory, -1);
  let requests: RequestsBySlot | undefined;
  const counts = (): RequestsBySlot => (requests ??= readRequests(memory));
  return {
    requestsOfBackend: (backend) => counts().backend.get(backend) ?? [],
    requestsOfRoute: (route) => counts().route.get(route) ?? [],
    get unrouted() {
      return readUnrouted(workers);
    },
    rejections: new Map(rejectReasons.map((reason, at) => [reason, sumAt(workers, 'rejections', at)])),
    get tiers() {
      return readTiers(memory);
    },
    connections: sumAt(workers, 'totals', telemetryTotals.connections),
    uncounted: sumAt(workers, 'totals', telemetryTotals.uncounted),
    durations: (route) => routes.durations(route),
    overhead: (route) => passages.overhead(route),
    received: (route) => passages.received(route),
    sent: (route) => passages.sent(route),
    limited: (route) => limited.of(route),
    policyCounts: policyCounts(workers.map((worker) => new Float64Array(worker.policies))),
    retries: summed(workers.map((worker) => new Float64Array(worker.retries))),
    failures: summed(workers.map((worker) => new Float64Array(worker.failures))),
    openings: summed(workers.map((worker) => new Float64Array(worker.openings))),
    ejections: summed(workers.map((worker) => new Float64Array(worker.ejections))),
    handshakes: (outcome) => sumAt(workers, 'totals', telemetryTotals.handshakes + handshakeOutcomes.indexOf(outcome)),
  };
}

type RequestsBySlot = Readonly<Record<CountedKind, Map<number, RequestCount[]>>>;

function readRequests(memory: NodeMemory): RequestsBySlot {
  const requests: RequestsBySlot = { backend: new Map(), route: new Map() };
  for (const [key, count] of livingCounts(memory)) addCount(requests, key, count);
  return requests;
}

/** Counts by packed key; a route's key is made distinct from a backend's by adding 2^32. */
function livingCounts(memory: NodeMemory): Map<number, number> {
  const generations = {
    route: new Int32Array(memory.generations.route),
    backend: new Int32Array(memory.generations.backend),
  };
  const sums = new Map<number, number>();
  for (const worker of memory.telemetry) {
    for (const [key, owner, count] of readConsistently(worker)) {
      const kind: CountedKind = (owner & 1) === 1 ? 'route' : 'backend';
      if (owner !== ownerOf(generations[kind], kind, slotOf(key))) continue;
      const id = (key >>> 0) + (kind === 'route' ? 2 ** 32 : 0);
      sums.set(id, (sums.get(id) ?? 0) + count);
    }
  }
  return sums;
}

// A worker replaces its table only after tens of thousands of new keys, so a second reading is rare and a third unheard of.
function readConsistently(worker: TelemetryMemory): [key: number, owner: number, count: number][] {
  for (;;) {
    const rows: [number, number, number][] = [];
    if (readRequestTable(worker, (key, owner, count) => rows.push([key, owner, count]))) return rows;
  }
}

function addCount(requests: RequestsBySlot, id: number, count: number): void {
  const kind: CountedKind = id >= 2 ** 32 ? 'route' : 'backend';
  const key = id | 0;
  const counts = requests[kind].get(slotOf(key));
  const entry: RequestCount = { method: methodOf(key), status: statusOf(key), count };
  if (counts === undefined) requests[kind].set(slotOf(key), [entry]);
  else counts.push(entry);
}

function readUnrouted(workers: readonly TelemetryMemory[]): RequestCount[] {
  const sums = new Float64Array(requestKey.methods * requestKey.statuses);
  for (const worker of workers) {
    const counters = new Float64Array(worker.unrouted);
    for (let at = 0; at < sums.length; at++) sums[at] += counters[at];
  }
  const counts: RequestCount[] = [];
  for (const [index, method] of countedMethods.entries()) {
    for (let status = 1; status < requestKey.statuses; status++) {
      const count = sums[index * requestKey.statuses + status];
      if (count !== 0) counts.push({ method, status, count });
    }
  }
  return counts;
}

function policyCounts(parts: readonly SharedFloats[]): TelemetrySnapshot['policyCounts'] {
  const sumOf = summed(parts);
  return (slot) => {
    const counts: (readonly [PolicyOutcome, number])[] = [];
    for (let place = 0; place < policyOutcomes.length; place++) {
      const count = sumOf(slot * policyStride + place);
      if (count > 0) counts.push([policyOutcomes[place], count]);
    }
    return counts;
  };
}

/** Adds up the same place of several arrays. */
function summed(parts: readonly SharedFloats[]): (at: number) => number {
  return (at) => {
    let sum = 0;
    for (const numbers of parts) sum += numbers[at];
    return sum;
  };
}

function sumAt(workers: readonly TelemetryMemory[], name: 'rejections' | 'totals', at: number): number {
  let sum = 0;
  for (const worker of workers) sum += new Float64Array(worker[name], at * 8, 1)[0];
  return sum;
}
