import { addToHistogram } from './histogram.ts';
import { histogramLayout, requestKey } from './layout.ts';
import type { NodeMemory } from './layout.ts';
import { PassageCounters } from './passages.ts';
import { rejectReasons } from './reject-reasons.ts';
import type { RejectReason } from './reject-reasons.ts';
import { methodIndex, statusIndex } from './request-key.ts';
import { RequestTable } from './request-table.ts';
import type { SharedFloats } from './shared-count.ts';
import { TierCounts } from './tier-counts.ts';

/** The places of a worker's `totals`. */
export const telemetryTotals = { connections: 0, uncounted: 1, requests: 2, handshakes: 3 } as const;

/** How handshakes of clients end. */
export const handshakeOutcomes = ['full', 'resumed', 'failed'] as const;

export type HandshakeOutcome = (typeof handshakeOutcomes)[number];

const latencyClasses = histogramLayout.classes;

const reasonIndexes: ReadonlyMap<RejectReason, number> = new Map(rejectReasons.map((reason, index) => [reason, index]));

/**
 * The counters of one worker. They are plain writes to shared memory with one writer, so no atomics; the main thread
 * reads them with `readTelemetry`. A worker that replaces a crashed one goes on with its counters.
 */
export class Telemetry {
  readonly #requests: RequestTable;
  readonly #histograms: SharedFloats;
  readonly #unrouted: SharedFloats;
  readonly #rejections: SharedFloats;
  readonly #totals: SharedFloats;
  readonly #retries: SharedFloats;
  readonly #failures: SharedFloats;
  readonly #openings: SharedFloats;
  readonly #ejections: SharedFloats;
  readonly #tiers: TierCounts;
  readonly #passages: PassageCounters;

  /** Throws a RangeError when the worker does not exist. */
  constructor(memory: NodeMemory, workerIndex: number) {
    const own = memory.telemetry[workerIndex];
    if (own === undefined) throw new RangeError(`worker ${workerIndex} of ${memory.workers} does not exist`);
    this.#requests = new RequestTable(memory, own);
    this.#histograms = new Float64Array(own.histograms);
    this.#unrouted = new Float64Array(own.unrouted);
    this.#rejections = new Float64Array(own.rejections);
    this.#totals = new Float64Array(own.totals);
    this.#retries = new Float64Array(own.retries);
    this.#failures = new Float64Array(own.failures);
    this.#openings = new Float64Array(own.openings);
    this.#ejections = new Float64Array(own.ejections);
    this.#tiers = new TierCounts(own);
    this.#passages = new PassageCounters(own);
  }

  /**
   * Counts a finished request of a route, with the backend it was answered by, or -1 when no backend was chosen.
   * perf: two table writes and one histogram write, `state.bench.ts`.
   */
  record(backend: number, route: number, method: string, status: number, durationMs: number): void {
    const counted =
      backend >= 0
        ? this.#requests.add('backend', backend, methodIndex(method), statusIndex(status))
        : this.#requests.add('route', route, methodIndex(method), statusIndex(status));
    if (!counted) this.#totals[telemetryTotals.uncounted] += 1;
    this.#totals[telemetryTotals.requests] += 1;
    const at = route * histogramLayout.stride;
    addToHistogram(this.#histograms, at, durationMs);
    // In the cache line of the count.
    const digit = (status / 100) | 0;
    if (digit >= 1 && digit <= histogramLayout.classCount) this.#histograms[at + latencyClasses + digit - 1] += 1;
  }

  /** Counts what the gateway added to a finished request of a route, and the bytes of both directions. */
  passed(route: number, overheadUs: number, received: number, sent: number): void {
    this.#passages.record(route, overheadUs, received, sent);
  }

  /** Counts a finished request that belongs to no route. */
  recordUnrouted(method: string, status: number): void {
    this.#totals[telemetryTotals.requests] += 1;
    this.#unrouted[methodIndex(method) * requestKey.statuses + statusIndex(status)] += 1;
  }

  /** Counts a request that authentication let through, by the tier of its sender. */
  tier(name: string): void {
    this.#tiers.add(name);
  }

  /** Counts a request or connection that the gateway itself turned away. */
  reject(reason: RejectReason): void {
    this.#rejections[reasonIndexes.get(reason)!] += 1;
  }

  /** Counts an attempt at a backend that was not the first of its request. */
  retry(backend: number): void {
    this.#retries[backend] += 1;
  }

  /** Counts an attempt at a backend that failed. */
  failed(backend: number): void {
    this.#failures[backend] += 1;
  }

  /** Counts that a circuit breaker opened. */
  opened(backend: number): void {
    this.#openings[backend] += 1;
  }

  /** Counts that a backend was ejected. */
  ejected(backend: number): void {
    this.#ejections[backend] += 1;
  }

  /** Counts a handshake of a client. */
  handshake(outcome: HandshakeOutcome): void {
    this.#totals[telemetryTotals.handshakes + handshakeOutcomes.indexOf(outcome)] += 1;
  }

  /** Counts an accepted client connection. */
  connection(): void {
    this.#totals[telemetryTotals.connections] += 1;
  }
}
