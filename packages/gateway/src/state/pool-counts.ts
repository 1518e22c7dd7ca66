import { poolLayout } from './layout.ts';
import type { NodeMemory, TelemetryMemory } from './layout.ts';
import type { SharedFloats } from './shared-count.ts';

/** What a worker has of connections to an address. */
export interface PoolFigures {
  /** Those that are being opened are among them. */
  readonly open: number;
  readonly idle: number;
  /** Since the last report: connections that were opened. */
  readonly opened: number;
  /** Since the last report: requests that got a connection that was idle. */
  readonly reused: number;
  /** Since the last report: requests that had to wait, because all connections were busy and there may be no more. */
  readonly waits: number;
}

/** The same over all workers, its counts since the start. */
export interface PoolTotals extends PoolFigures {
  /** Whether anything uses the address now. */
  readonly isUsed: boolean;
}

/** The name under which addresses beyond the limit are counted. */
const otherAddresses = 'other';

const { rows, nameBytes, places, pools: POOLS, open: OPEN, idle: IDLE, opened: OPENED } = poolLayout;
const { reused: REUSED, waits: WAITS } = poolLayout;

/**
 * The connections of a worker to backends, by address. Written by that worker alone, about once a second. An address keeps its
 * row, so that its counts never go down; addresses beyond the limit share one.
 */
export class PoolCounts {
  readonly #rows = new Map<string, number>();
  readonly #names: Uint8Array;
  readonly #numbers: SharedFloats;

  /** A worker that replaces a crashed one goes on with its counters. */
  constructor(own: TelemetryMemory) {
    this.#names = new Uint8Array(own.poolNames);
    this.#numbers = new Float64Array(own.pools);
    for (const [row, name] of namesIn(this.#names, 0).entries()) this.#rows.set(name, row);
  }

  /** Reports all pools; several of them may have one address. */
  report(all: Iterable<readonly [address: string, figures: PoolFigures]>): void {
    const gauges = new Map<number, { pools: number; open: number; idle: number }>();
    for (const [address, { open, idle, opened, reused, waits }] of all) {
      const row = this.#rows.get(address) ?? this.#newRow(address);
      const at = row * places;
      this.#numbers[at + OPENED] += opened;
      this.#numbers[at + REUSED] += reused;
      this.#numbers[at + WAITS] += waits;
      const sum = gauges.get(row) ?? { pools: 0, open: 0, idle: 0 };
      gauges.set(row, { pools: sum.pools + 1, open: sum.open + open, idle: sum.idle + idle });
    }
    for (const row of [...this.#rows.values(), rows]) {
      const { pools = 0, open = 0, idle = 0 } = gauges.get(row) ?? {};
      const at = row * places;
      // A page that was never written takes no memory.
      if (pools === 0 && this.#numbers[at + POOLS] === 0) continue;
      this.#numbers[at + POOLS] = pools;
      this.#numbers[at + OPEN] = open;
      this.#numbers[at + IDLE] = idle;
    }
  }

  #newRow(address: string): number {
    const row = this.#rows.size;
    const bytes = Buffer.from(address);
    if (row >= rows || bytes.length === 0 || bytes.length >= nameBytes) return rows;
    // The first byte comes last: whoever sees it sees the whole name.
    this.#names.set(bytes.subarray(1), row * nameBytes + 1);
    Atomics.store(this.#names, row * nameBytes, bytes[0]);
    this.#rows.set(address, row);
    return row;
  }
}

/** Main thread: what a worker that no longer runs had open is closed. */
export function forgetPools(own: TelemetryMemory): void {
  const numbers = new Float64Array(own.pools);
  const used = namesIn(new Uint8Array(own.poolNames), 0).length;
  for (const row of [...Array.from({ length: used }, (_, index) => index), rows])
    for (const place of [POOLS, OPEN, IDLE]) numbers[row * places + place] = 0;
}

/** Adds up what all workers reported. Main thread only. */
export class PoolTelemetry {
  readonly #workers: readonly {
    readonly names: Uint8Array;
    readonly known: string[];
    readonly numbers: SharedFloats;
  }[];

  constructor(memory: NodeMemory) {
    this.#workers = memory.telemetry.map((own) => ({
      names: new Uint8Array(own.poolNames),
      known: [],
      numbers: new Float64Array(own.pools),
    }));
  }

  /** By address. */
  read(): ReadonlyMap<string, PoolTotals> {
    const totals = new Map<string, PoolTotals>();
    for (const { names, known, numbers } of this.#workers) {
      known.push(...namesIn(names, known.length));
      for (const [row, address] of known.entries()) addTo(totals, address, numbers, row * places);
      if (numbers[rows * places + OPENED] > 0 || numbers[rows * places + POOLS] > 0)
        addTo(totals, otherAddresses, numbers, rows * places);
    }
    return totals;
  }
}

function addTo(totals: Map<string, PoolTotals>, address: string, numbers: SharedFloats, at: number): void {
  const sum = totals.get(address);
  totals.set(address, {
    isUsed: sum?.isUsed === true || numbers[at + POOLS] > 0,
    open: (sum?.open ?? 0) + numbers[at + OPEN],
    idle: (sum?.idle ?? 0) + numbers[at + IDLE],
    opened: (sum?.opened ?? 0) + numbers[at + OPENED],
    reused: (sum?.reused ?? 0) + numbers[at + REUSED],
    waits: (sum?.waits ?? 0) + numbers[at + WAITS],
  });
}

/** The names from this row on. */
function namesIn(bytes: Uint8Array, from: number): string[] {
  const names: string[] = [];
  for (let row = from; row < rows && Atomics.load(bytes, row * nameBytes) !== 0; row++) {
    const end = bytes.indexOf(0, row * nameBytes);
    names.push(Buffer.from(bytes.subarray(row * nameBytes, end)).toString());
  }
  return names;
}
