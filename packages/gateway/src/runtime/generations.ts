import type { Generation } from '../compile/snapshot.ts';

/** Knows the oldest generation that an exchange of this worker still runs on, so that its slots are not reused early. */
export class Generations {
  readonly #older: Generation[] = [];
  readonly #onOldest: (number: number) => void;
  #current: Generation | undefined;

  constructor(onOldest: (number: number) => void) {
    this.#onOldest = onOldest;
  }

  /** A new generation begins; the one before stays while exchanges use it. */
  enter(generation: Generation): void {
    if (this.#current !== undefined && this.#current.inUse > 0) this.#older.push(this.#current);
    this.#current = generation;
    this.#tell();
  }

  /** An exchange of this generation has ended. perf: nothing to do for the current one. */
  left(generation: Generation): void {
    if (generation === this.#current || generation.inUse > 0) return;
    const index = this.#older.indexOf(generation);
    if (index === -1) return;
    this.#older.splice(index, 1);
    this.#tell();
  }

  #tell(): void {
    const oldest = this.#older[0] ?? this.#current;
    if (oldest !== undefined) this.#onOldest(oldest.number);
  }
}
