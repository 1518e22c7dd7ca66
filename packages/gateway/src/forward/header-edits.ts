import type { Head } from '../http1/head.ts';

/** Edits of a head: names to remove and fields to write. Names are compared without case. */
export class HeaderEdits {
  readonly #names = new Set<string>();
  readonly #added = new Map<string, string>();
  readonly #coversTwins: boolean;

  /** With `coversTwins`, a field that a receiver could take for an edited one is edited away as well. */
  constructor(coversTwins = false) {
    this.#coversTwins = coversTwins;
  }

  /** Replaces all fields of this name. */
  set(name: string, value: string): void {
    const key = name.toLowerCase();
    this.#names.add(key);
    this.#added.set(key, `${name}: ${value}\r\n`);
  }

  /** Removes all fields of this name. */
  remove(name: string): void {
    const key = name.toLowerCase();
    this.#names.add(key);
    this.#added.delete(key);
  }

  /** Whether the field at `index` of `head` is edited away. */
  covers(head: Head, index: number): boolean {
    for (const name of this.#names) {
      if (this.#coversTwins ? head.resembles(index, name) : head.isNamed(index, name)) return true;
    }
    return false;
  }

  /** Whether fields of this name are edited away. */
  coversName(name: string): boolean {
    return this.#names.has(name.toLowerCase());
  }

  /** The fields to write, as text. */
  get text(): string {
    let text = '';
    for (const field of this.#added.values()) text += field;
    return text;
  }
}
