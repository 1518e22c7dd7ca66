import { tierLayout } from './layout.ts';
import type { NodeMemory, TelemetryMemory } from './layout.ts';
import type { SharedFloats } from './shared-count.ts';

/** The name under which tiers beyond the limit are counted. */
export const otherTiers = 'other';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** How many requests of each tier a worker has served. Written by that worker alone. */
export class TierCounts {
  readonly #places = new Map<string, number>();
  readonly #names: Uint8Array;
  readonly #counts: SharedFloats;

  /** A worker that replaces a crashed one goes on with its counters. */
  constructor(own: TelemetryMemory) {
    this.#names = new Uint8Array(own.tierNames);
    this.#counts = new Float64Array(own.tiers);
    for (const [place, name] of namesIn(this.#names).entries()) this.#places.set(name, place);
  }

  add(tier: string): void {
    const place = this.#places.get(tier) ?? this.#newPlace(tier);
    this.#counts[place] += 1;
  }

  #newPlace(tier: string): number {
    const place = this.#places.size;
    const bytes = encoder.encode(tier);
    if (place >= tierLayout.tiers || bytes.length === 0 || bytes.length >= tierLayout.nameBytes)
      return tierLayout.tiers;
    this.#names.set(bytes, place * tierLayout.nameBytes);
    this.#places.set(tier, place);
    return place;
  }
}

/** The counts of all workers by tier. Tiers without a place of their own are one. */
export function readTiers(memory: NodeMemory): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  const add = (tier: string, count: number): void => {
    if (count > 0) sums.set(tier, (sums.get(tier) ?? 0) + count);
  };
  for (const own of memory.telemetry) {
    const counts = new Float64Array(own.tiers);
    for (const [place, name] of namesIn(new Uint8Array(own.tierNames)).entries()) add(name, counts[place]);
    add(otherTiers, counts[tierLayout.tiers]);
  }
  return sums;
}

function namesIn(bytes: Uint8Array): string[] {
  const names: string[] = [];
  for (let place = 0; place < tierLayout.tiers; place++) {
    const name = bytes.slice(place * tierLayout.nameBytes, (place + 1) * tierLayout.nameBytes);
    const end = name.indexOf(0);
    if (end === 0) break;
    names.push(decoder.decode(name.subarray(0, end)));
  }
  return names;
}
