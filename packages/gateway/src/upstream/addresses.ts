import { lookup } from 'node:dns';

/** Called with all known addresses, or with none and the error of the resolver. */
type Found = (known: readonly string[], error: string | undefined) => void;

/** How long an address that could not be connected to is skipped, if there are others. */
const restMs = 30_000;

/**
 * The addresses of one name, which take turns. `dns.lookup` asks as everything else on the machine does (/etc/hosts, search
 * domains, nsswitch). It returns no TTL, so a name is looked up again every `lookupMs`.
 */
export class Addresses {
  /** Called when addresses have come or gone. */
  onChange: (() => void) | undefined;
  readonly #host: string;
  readonly #lookupMs: number;
  readonly #restUntil = new Map<string, number>();
  #known: readonly string[] = [];
  #turn = 0;
  #freshUntil = 0;
  #waiting: Found[] = [];

  constructor(host: string, lookupMs: number) {
    this.#host = host;
    this.#lookupMs = lookupMs;
  }

  /** How many are known. */
  get count(): number {
    return this.#known.length;
  }

  has(address: string): boolean {
    return this.#known.includes(address);
  }

  /** Finds the addresses, by a lookup if the last one is too old. */
  get(done: Found): void {
    if (performance.now() < this.#freshUntil) done(this.#known, undefined);
    else this.lookUp(done);
  }

  /** Looks the name up. Further calls wait for the same lookup. */
  lookUp(done: Found): void {
    this.#waiting.push(done);
    if (this.#waiting.length > 1) return;
    lookup(this.#host, { all: true }, (error, found) => {
      // The known addresses stay when the name server is away.
      if (error === null) this.#replace([...new Set(found.map(({ address }) => address))]);
      if (this.#known.length > 0) this.#freshUntil = performance.now() + this.#lookupMs;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const answer of waiting) answer(this.#known, error?.code);
    });
  }

  /** The address whose turn it is. Those that rest are skipped. */
  next(): string {
    const count = this.#known.length;
    for (let i = 0; i < count; i++) {
      const address = this.#known[this.#turn++ % count];
      if (!this.#rests(address)) return address;
    }
    return this.#known[this.#turn++ % count];
  }

  /** All of them in the order in which to try them: `first`, then the others, then those that rest. */
  order(first: string): readonly string[] {
    const start = Math.max(0, this.#known.indexOf(first));
    const turned = [...this.#known.slice(start), ...this.#known.slice(0, start)];
    const rest = turned.filter((address) => this.#rests(address));
    return [...turned.filter((address) => !rest.includes(address)), ...rest];
  }

  /** This address did not answer. */
  failed(address: string): void {
    this.#restUntil.set(address, performance.now() + restMs);
  }

  /** This address answered. */
  answered(address: string): void {
    this.#restUntil.delete(address);
  }

  #rests(address: string): boolean {
    return performance.now() < (this.#restUntil.get(address) ?? 0);
  }

  #replace(found: readonly string[]): void {
    const before = this.#known;
    // Resolvers rotate their answers. The order of addresses that stay is kept.
    const kept = before.filter((address) => found.includes(address));
    this.#known = [...kept, ...found.filter((address) => !kept.includes(address))];
    for (const address of this.#restUntil.keys()) if (!this.has(address)) this.#restUntil.delete(address);
    if (kept.length < before.length || kept.length < found.length) this.onChange?.();
  }
}
