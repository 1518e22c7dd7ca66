import { latencyBucketOf } from '@sluice/model/latency-buckets';
import { durationBucketOf, durationBuckets, overheadBucketOf, overheadBuckets } from './exposed-buckets.ts';
import { exemplarLayout } from './layout.ts';
import type { NodeMemory } from './layout.ts';
import type { SharedFloats, SharedInts } from './shared-count.ts';

/** A measurement whose trace can be looked up. */
export interface Exemplar {
  readonly traceId: string;
  /** What was measured, in seconds. */
  readonly value: number;
  /** When, in milliseconds since 1970. */
  readonly at: number;
}

/** The exemplars of a histogram, by bucket; undefined for a bucket without one. */
export type Exemplars = readonly (Exemplar | undefined)[];

/** An exchange whose trace is kept. */
export interface TracedExchange {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  readonly durationMs: number;
  readonly overheadUs: number;
  /** When it ended, in milliseconds since 1970. */
  readonly at: number;
}

const { places, words, value: VALUE, at: AT, route, version } = exemplarLayout;

/** An exemplar is replaced at most this often. perf: at 100 % traces, writing all of them costs 1.5 µs per request. */
const leastAgeMs = 1000;

/** Keeps a recent traced measurement of each bucket, for one worker. It is called only for exchanges whose trace is kept. */
export class ExemplarWriter {
  readonly #routes: Views;
  readonly #versions: Views;

  /** Throws a RangeError when the worker does not exist. */
  constructor(memory: NodeMemory, workerIndex: number) {
    const own = memory.telemetry[workerIndex];
    if (own === undefined) throw new RangeError(`worker ${workerIndex} of ${memory.workers} does not exist`);
    this.#routes = viewOf(own.routeExemplars);
    this.#versions = viewOf(own.versionExemplars);
  }

  /** Of an exchange of a route, and of its version if `versionSlot` is not negative. */
  record(routeSlot: number, versionSlot: number, exchange: TracedExchange): void {
    const { durationMs, overheadUs } = exchange;
    const bucket = durationBucketOf(latencyBucketOf(durationMs));
    write(this.#routes, routeSlot * route.stride + bucket * places, exchange, durationMs / 1000);
    const overhead = route.overhead + overheadBucketOf(overheadUs) * places;
    write(this.#routes, routeSlot * route.stride + overhead, exchange, overheadUs / 1e6);
    if (versionSlot >= 0)
      write(this.#versions, versionSlot * version.stride + bucket * places, exchange, durationMs / 1000);
  }
}

/** Reads what all workers keep. Main thread only. */
export class ExemplarReader {
  readonly #routes: readonly Views[];
  readonly #versions: readonly Views[];

  constructor(memory: NodeMemory) {
    this.#routes = memory.telemetry.map((of) => viewOf(of.routeExemplars));
    this.#versions = memory.telemetry.map((of) => viewOf(of.versionExemplars));
  }

  durations(routeSlot: number): Exemplars {
    return latest(this.#routes, routeSlot * route.stride, durationBuckets);
  }

  overheads(routeSlot: number): Exemplars {
    return latest(this.#routes, routeSlot * route.stride + route.overhead, overheadBuckets);
  }

  versionDurations(versionSlot: number): Exemplars {
    return latest(this.#versions, versionSlot * version.stride, durationBuckets);
  }
}

/** The same memory as whole numbers and as fractions. */
interface Views {
  readonly ints: SharedInts;
  readonly floats: SharedFloats;
}

function viewOf(memory: SharedArrayBuffer): Views {
  return { ints: new Int32Array(memory), floats: new Float64Array(memory) };
}

// The first word counts the writes twice: it is odd while one is under way, so that a reader takes no half of each.
function write({ ints, floats }: Views, place: number, { traceId, at }: TracedExchange, measured: number): void {
  // A clock that was set back must not keep an old one for ever.
  const last = floats[place + AT];
  if (last > 0 && last <= at && at - last < leastAgeMs) return;
  const word = place * 2;
  Atomics.add(ints, word, 1);
  for (let i = 0; i < words.id; i++)
    Atomics.store(ints, word + words.first + i, parseInt(traceId.slice(i * 8, i * 8 + 8), 16) | 0);
  floats[place + VALUE] = measured;
  floats[place + AT] = at;
  Atomics.add(ints, word, 1);
}

/** The latest of all workers, for each bucket. */
function latest(workers: readonly Views[], from: number, buckets: number): Exemplars {
  const found: (Exemplar | undefined)[] = [];
  for (let bucket = 0; bucket < buckets; bucket++) {
    let last: Exemplar | undefined;
    for (const views of workers) {
      const exemplar = read(views, from + bucket * places);
      if (exemplar !== undefined && (last === undefined || exemplar.at > last.at)) last = exemplar;
    }
    if (last !== undefined) found[bucket] = last;
  }
  return found;
}

/** Undefined also while it is being written: the next reading has it. */
function read({ ints, floats }: Views, place: number): Exemplar | undefined {
  const word = place * 2;
  const before = Atomics.load(ints, word);
  if (before === 0 || (before & 1) === 1) return undefined;
  let traceId = '';
  for (let i = 0; i < words.id; i++)
    traceId += (Atomics.load(ints, word + words.first + i) >>> 0).toString(16).padStart(8, '0');
  const exemplar = { traceId, value: floats[place + VALUE], at: floats[place + AT] };
  return Atomics.load(ints, word) === before ? exemplar : undefined;
}
