import { KeptParts } from './kept-parts.ts';

/**
 * Objects that are found by their names. As long as anybody holds one, its name leads to it: a name that is forgotten and kept
 * again is the same object for those who held it all the time.
 */
export class HeldByName<T extends object> {
  readonly #kept = new Map<string, T>();
  readonly #held = new KeptParts();
  readonly #create: (name: string) => T;

  constructor(create: (name: string) => T) {
    this.#create = create;
  }

  /** The object of this name, to be held. */
  of(name: string): T {
    return this.#kept.get(name) ?? this.#held.of('', name, () => this.#create(name));
  }

  /** The object of this name, which stays until it is forgotten. */
  keep(name: string): T {
    const object = this.of(name);
    this.#kept.set(name, object);
    return object;
  }

  /** The object of this name if it is kept. */
  kept(name: string): T | undefined {
    return this.#kept.get(name);
  }

  /** Leaves the object to those who hold it. */
  forget(name: string): void {
    this.#kept.delete(name);
  }
}
