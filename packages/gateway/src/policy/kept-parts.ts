/**
 * What policies keep over a swap, such as the answers of a helper. A part lives as long as a snapshot uses it, so a change
 * of a route leaves alone what belongs to settings that stay.
 */
export class KeptParts {
  readonly #parts = new Map<string, WeakRef<object>>();
  readonly #gone = new FinalizationRegistry<string>((key) => {
    if (this.#parts.get(key)?.deref() === undefined) this.#parts.delete(key);
  });

  /** The part of this kind with these settings; made if there is none. Equal settings have the same part. */
  of<T extends object>(kind: string, settings: unknown, create: () => T): T {
    const key = `${kind} ${JSON.stringify(settings)}`;
    const known = this.#parts.get(key)?.deref() as T | undefined;
    if (known !== undefined) return known;
    const part = create();
    this.#parts.set(key, new WeakRef(part));
    this.#gone.register(part, key);
    return part;
  }
}
