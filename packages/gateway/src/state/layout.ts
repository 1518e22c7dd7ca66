import { latencyBucketCount } from '@sluice/model/latency-buckets';
import { helperPlaces } from './helper-counts.ts';
import { createConsumerMemory } from './consumer-memory.ts';
import type { ConsumerMemory } from './consumer-memory.ts';
import { createAdaptiveMemory } from './adaptive-limits.ts';
import type { AdaptiveMemory } from './adaptive-limits.ts';
import type { HashKey } from './key-hash.ts';
import { createLimitMemory } from './limits.ts';
import type { LimitMemory } from './limits.ts';
import { rejectReasons } from './reject-reasons.ts';

/**
 * What a slot stands for: a route, a target (one backend address), a backend (one backend of one route), or one version of
 * a route while a deployment divides its traffic.
 */
export type SlotKind = 'route' | 'target' | 'backend' | 'version';

/** How much one node can hold. Untouched pages cost address space, not memory, so the defaults are generous. */
export interface Capacity {
  readonly routes: number;
  readonly targets: number;
  /** At most 2^18, because a request counter's key keeps the slot in 18 bits. */
  readonly backends: number;
  /** Two for each route whose traffic is divided, and as many again for those that have just ended. */
  readonly versions: number;
  /** Places per worker for request counters (backend × method × status); a power of two. */
  readonly series: number;
  /** Width of each of the two rows that count by client address; a power of two. */
  readonly addresses: number;
  /** Callers whose fixed windows and token buckets are known, those whose sliding windows are, and those with a quota; each a power of two. */
  readonly limits: number;
  readonly slidingLimits: number;
  readonly quotas: number;
  /** Callers with requests in flight whose number is limited; a power of two. */
  readonly callers: number;
}

/** What one worker holds at the moment, so that the main thread can undo it when the worker dies. One writer each. */
export interface HoldingsMemory {
  readonly node: SharedArrayBuffer;
  readonly routes: SharedArrayBuffer;
  readonly targets: SharedArrayBuffer;
  readonly versions: SharedArrayBuffer;
  readonly addresses: SharedArrayBuffer;
  readonly tunnels: SharedArrayBuffer;
  readonly permits: SharedArrayBuffer;
  readonly adaptive: SharedArrayBuffer;
}

/** The counters of one worker: written by it alone, read by the main thread. */
export interface TelemetryMemory {
  /** Int32: which of the two request tables is current, and how many places of it are taken. */
  readonly header: SharedArrayBuffer;
  readonly keys: readonly [SharedArrayBuffer, SharedArrayBuffer];
  readonly counts: readonly [SharedArrayBuffer, SharedArrayBuffer];
  readonly unrouted: SharedArrayBuffer;
  readonly rejections: SharedArrayBuffer;
  readonly totals: SharedArrayBuffer;
  readonly retries: SharedArrayBuffer;
  readonly failures: SharedArrayBuffer;
  /** By backend: how often its circuit breaker opened, and how often it was ejected. */
  readonly openings: SharedArrayBuffer;
  readonly ejections: SharedArrayBuffer;
  readonly histograms: SharedArrayBuffer;
  readonly policies: SharedArrayBuffer;
  readonly versions: SharedArrayBuffer;
  /** Requests by tier, and the names of the tiers. */
  readonly tiers: SharedArrayBuffer;
  readonly tierNames: SharedArrayBuffer;
  readonly limited: SharedArrayBuffer;
  /** By route: what the gateway added to its exchanges, and their bytes. */
  readonly passages: SharedArrayBuffer;
  /** Connections to backends by address, and the addresses. */
  readonly pools: SharedArrayBuffer;
  readonly poolNames: SharedArrayBuffer;
  readonly routeExemplars: SharedArrayBuffer;
  readonly versionExemplars: SharedArrayBuffer;
}

/** The memory that all threads of a node share. A plain object, so it travels as `workerData`. */
export interface NodeMemory {
  readonly workers: number;
  readonly capacity: Capacity;
  /** Secret start value of the address hash, so that nobody can aim at another client's place in the table. */
  readonly addressSeed: number;
  /** `process.hrtime` in milliseconds when the memory was made: zero of the node's clock. */
  readonly clockOrigin: number;
  /** Int32: how many slots were ever wiped. */
  readonly wipes: SharedArrayBuffer;
  /** Int32: 1 while load balancers shall pass the node by. */
  readonly aside: SharedArrayBuffer;
  readonly generations: Readonly<Record<SlotKind, SharedArrayBuffer>>;
  /** Int32 counts over all threads. */
  readonly totals: {
    readonly node: SharedArrayBuffer;
    readonly routes: SharedArrayBuffer;
    readonly targets: SharedArrayBuffer;
    readonly versions: SharedArrayBuffer;
    readonly addresses: SharedArrayBuffer;
    readonly tunnels: SharedArrayBuffer;
  };
  readonly targets: {
    readonly health: SharedArrayBuffer;
    readonly failures: SharedArrayBuffer;
    readonly ejections: SharedArrayBuffer;
    readonly ejectedUntil: SharedArrayBuffer;
    /** Float64, two places per target: average latency, and when it answered last. */
    readonly latency: SharedArrayBuffer;
  };
  /** By backend: breakers, and the share of attempts that failed. */
  readonly breakers: {
    readonly words: SharedArrayBuffer;
    readonly deadlines: SharedArrayBuffer;
    readonly failing: SharedArrayBuffer;
  };
  /** BigInt64: questions to helpers, by kind and outcome. */
  readonly helpers: SharedArrayBuffer;
  readonly consumers: ConsumerMemory;
  readonly limits: LimitMemory;
  readonly adaptive: AdaptiveMemory;
  /** BigInt64: which sessions a thread renews. */
  readonly refreshLeases: SharedArrayBuffer;
  readonly vitals: { readonly generations: SharedArrayBuffer; readonly loop: SharedArrayBuffer };
  /** Float64: see {@link redisLayout}. */
  readonly redis: SharedArrayBuffer;
  /** One per worker, and a last one for the main thread. */
  readonly holdings: readonly HoldingsMemory[];
  /** One per worker. */
  readonly telemetry: readonly TelemetryMemory[];
}

/** The places of {@link NodeMemory.totals}.node, a cache line apart so that they do not slow each other down. */
export const nodeCounts = { requests: 0, connections: 16, tunnels: 32, length: 48 } as const;

/** Places per worker in `vitals`: a cache line of Int32 and two of Float64. */
export const vitalsStride = { generations: 16, loop: 16 } as const;

/**
 * Float64 places per route in `histograms`: count, sum in milliseconds, answers by the first digit of their status (1 to
 * 5), one unused, then the buckets.
 */
export const histogramLayout = {
  count: 0,
  sum: 1,
  classes: 2,
  classCount: 5,
  buckets: 8,
  bucketCount: latencyBucketCount,
  stride: 256,
} as const;

/** Float64 places per version: what went wrong, the sum of the latencies in milliseconds, answers of policies, one unused, the buckets. */
export const versionLayout = {
  requests: 0,
  failures: 1,
  clientErrors: 2,
  aborted: 3,
  rejected: 4,
  sum: 5,
  ownAnswers: 6,
  buckets: 8,
  stride: 256,
} as const;

/**
 * Float64 places per route in `passages`: the sum of what the gateway added in microseconds, the bytes received and sent, then
 * the buckets of what it added.
 */
export const passageLayout = { sum: 0, received: 1, sent: 2, buckets: 3, stride: 24 } as const;

/**
 * Float64 places of an exemplar: how often it was written and its trace id, in Int32 words; then what was measured, and when.
 * A route has those of its durations, then those of its overhead; a version has those of its durations.
 */
export const exemplarLayout = {
  places: 5,
  words: { first: 2, id: 4 },
  value: 3,
  at: 4,
  route: { overhead: 95, stride: 192 },
  version: { stride: 96 },
} as const;

/** Addresses of backends, each with its Float64 places; what does not fit is counted in one row more. */
export const poolLayout = {
  rows: 4096,
  nameBytes: 272,
  pools: 0,
  open: 1,
  idle: 2,
  opened: 3,
  reused: 4,
  waits: 5,
  places: 8,
} as const;

/** Tiers have any names, so only so many of them are told apart; the others are counted together. */
export const tierLayout = { tiers: 32, nameBytes: 64 } as const;

/** Float64 places per route in `limited`: refusals by kind of limit and tier. */
export const limitedStride = 40;
/**
 * Float64 places of `redis`: the live nodes, what is done while Redis is away, when the nodes were counted, and from `stride` on
 * those of each worker.
 */
export const redisLayout = { nodes: 0, whenAway: 1, nodesAt: 2, stride: 16 } as const;

/** Float64 places per route slot in `policies`, with room for more outcomes. */
export const policyStride = 64;

/** Places in the table of sessions that are being renewed; a power of two. */
export const leasePlaces = 16_384;

/** How methods and statuses are numbered in request counters. */
export const requestKey = { methods: 16, statuses: 1024 } as const;

const defaultCapacity: Capacity = {
  routes: 65_536,
  targets: 262_144,
  backends: 262_144,
  versions: 4096,
  series: 262_144,
  addresses: 32_768,
  limits: 524_288,
  slidingLimits: 65_536,
  quotas: 131_072,
  callers: 131_072,
};

/** How large the memory of a node is. */
export interface NodeMemoryOptions {
  readonly workers: number;
  readonly capacity?: Partial<Capacity> | undefined;
  /** The secret by which an earlier process hashed callers with a daily quota; a new one if absent. */
  readonly quotaSecret?: HashKey | undefined;
}

/**
 * Makes the shared memory of one node. Call it once, in the main thread.
 * Throws a RangeError when a capacity is out of range.
 */
export function createNodeMemory(options: NodeMemoryOptions): NodeMemory {
  const capacity: Capacity = { ...defaultCapacity, ...options.capacity };
  checkCapacity(options.workers, capacity);
  const { routes, targets, backends, versions, addresses } = capacity;
  return {
    workers: options.workers,
    capacity,
    addressSeed: crypto.getRandomValues(new Int32Array(1))[0] ?? 0,
    clockOrigin: Number(process.hrtime.bigint()) / 1e6,
    wipes: int32(1),
    aside: int32(1),
    generations: { route: int32(routes), target: int32(targets), backend: int32(backends), version: int32(versions) },
    totals: {
      node: int32(nodeCounts.length),
      routes: int32(routes),
      targets: int32(targets),
      versions: int32(versions),
      addresses: int32(2 * addresses),
      tunnels: int32(2 * addresses),
    },
    targets: {
      health: int32(targets),
      failures: int32(targets),
      ejections: int32(targets),
      ejectedUntil: float64(targets),
      latency: float64(2 * targets),
    },
    breakers: { words: int32(backends), deadlines: float64(backends), failing: float64(backends) },
    refreshLeases: new SharedArrayBuffer(leasePlaces * BigInt64Array.BYTES_PER_ELEMENT),
    helpers: new SharedArrayBuffer(helperPlaces * BigInt64Array.BYTES_PER_ELEMENT),
    consumers: createConsumerMemory(),
    limits: createLimitMemory(capacity, options.workers, options.quotaSecret),
    adaptive: createAdaptiveMemory(routes),
    vitals: {
      generations: int32(options.workers * vitalsStride.generations),
      loop: float64(options.workers * vitalsStride.loop),
    },
    redis: float64((options.workers + 1) * redisLayout.stride),
    holdings: Array.from({ length: options.workers + 1 }, () => createHoldings(capacity)),
    telemetry: Array.from({ length: options.workers }, () => createTelemetryMemory(capacity)),
  };
}

function createHoldings({ routes, targets, backends, versions, addresses }: Capacity): HoldingsMemory {
  return {
    node: int32(nodeCounts.length),
    routes: int32(routes),
    targets: int32(targets),
    versions: int32(versions),
    addresses: int32(2 * addresses),
    tunnels: int32(2 * addresses),
    permits: int32(backends),
    adaptive: int32(routes),
  };
}

function createTelemetryMemory({ routes, backends, versions, series }: Capacity): TelemetryMemory {
  return {
    header: int32(16),
    keys: [int32(2 * series), int32(2 * series)],
    counts: [float64(series), float64(series)],
    unrouted: float64(requestKey.methods * requestKey.statuses),
    rejections: float64(rejectReasons.length),
    totals: float64(8),
    retries: float64(backends),
    failures: float64(backends),
    openings: float64(backends),
    ejections: float64(backends),
    histograms: float64(routes * histogramLayout.stride),
    policies: float64(routes * policyStride),
    versions: float64(versions * versionLayout.stride),
    tiers: float64(tierLayout.tiers + 1),
    tierNames: new SharedArrayBuffer(tierLayout.tiers * tierLayout.nameBytes),
    limited: float64(routes * limitedStride),
    passages: float64(routes * passageLayout.stride),
    pools: float64((poolLayout.rows + 1) * poolLayout.places),
    poolNames: new SharedArrayBuffer(poolLayout.rows * poolLayout.nameBytes),
    routeExemplars: float64(routes * exemplarLayout.route.stride),
    versionExemplars: float64(versions * exemplarLayout.version.stride),
  };
}

function checkCapacity(workers: number, capacity: Capacity): void {
  for (const [name, value] of Object.entries({ workers, ...capacity })) {
    if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name} must be a positive integer, not ${value}`);
  }
  for (const name of ['series', 'addresses'] as const) {
    if (!Number.isInteger(Math.log2(capacity[name])))
      throw new RangeError(`${name} must be a power of two, not ${capacity[name]}`);
  }
  for (const name of ['routes', 'backends'] as const) {
    if (capacity[name] > 2 ** 18) throw new RangeError(`${name} must be at most 262144, not ${capacity[name]}`);
  }
}

function int32(length: number): SharedArrayBuffer {
  return new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT);
}

function float64(length: number): SharedArrayBuffer {
  return new SharedArrayBuffer(length * Float64Array.BYTES_PER_ELEMENT);
}
