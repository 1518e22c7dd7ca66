/** A source of repeatable randomness for tests. */
export interface Prng {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number in [0, limit). */
  below(limit: number): number;
  pick<T>(items: readonly T[]): T;
}

/** The seed of a randomised test: `SEED` from the environment, or else one that the test prints when it fails. */
export function seedOfRun(): number {
  return Number(process.env['SEED'] ?? Date.now() % 0x7fffffff);
}

/** Mulberry32: the same numbers for the same seed. */
export function createPrng(seed: number): Prng {
  let state = seed | 0;
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  }
  function below(limit: number): number {
    return Math.floor(next() * limit);
  }
  return { next, below, pick: (items) => items[below(items.length)] };
}
