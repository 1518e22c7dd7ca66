import type { AuthenticationOutcome } from '../method.ts';
import type { Validity } from './check-claims.ts';
import type { KeySet } from './key-set.ts';
import type { Token } from './token.ts';

/** What a method made of a token. It holds for the same keys, and within its time. */
export interface Judgement extends Validity {
  readonly judge: object;
  readonly keys: KeySet;
  readonly outcome: AuthenticationOutcome;
}

/** A token whose signature was verified. */
export interface VerifiedToken {
  readonly token: Token;
  /** The key that verified it. */
  readonly keyId: string;
  /** What the last method that looked at it made of it. */
  judgement: Judgement | undefined;
}

interface Entry {
  readonly verified: VerifiedToken;
  readonly bytes: number;
  /** Asked for since it was last spared. */
  isUsed: boolean;
}

/** A token is found by its end, which is a part of its signature: to hash all of it would cost more than all else. */
const tailLength = 32;
/** The text of a token, and its claims as objects, as a multiple of the text; and what each costs besides. */
const [bytesPerCharacter, overheadBytes] = [4, 1024];

/**
 * The tokens that a worker has verified, by their text. Bounded in bytes: those that were not used for the longest time go
 * first. Only good tokens come in, so nobody pushes them out without a key.
 */
export class TokenCache {
  readonly #entries = new Map<string, Entry>();
  readonly #mostBytes: number;
  #bytes = 0;

  constructor(mostBytes = 32 * 1024 * 1024) {
    this.#mostBytes = mostBytes;
  }

  /** perf: jwt.bench.ts has what a known token costs. */
  get(text: string): VerifiedToken | undefined {
    const entry = this.#entries.get(text.slice(-tailLength));
    if (entry === undefined || entry.verified.token.text !== text) return undefined;
    entry.isUsed = true;
    return entry.verified;
  }

  put(verified: VerifiedToken): void {
    const { text } = verified.token;
    const tail = text.slice(-tailLength);
    this.#remove(tail);
    const bytes = text.length * bytesPerCharacter + overheadBytes;
    this.#entries.set(tail, { verified, bytes, isUsed: false });
    this.#bytes += bytes;
    this.#makeRoom();
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Used entries are spared once: they go to the end of the order in which entries are looked at. */
  #makeRoom(): void {
    for (const [tail, entry] of this.#entries) {
      if (this.#bytes <= this.#mostBytes) return;
      this.#entries.delete(tail);
      if (entry.isUsed) this.#entries.set(tail, { ...entry, isUsed: false });
      else this.#bytes -= entry.bytes;
    }
  }

  #remove(tail: string): void {
    this.#bytes -= this.#entries.get(tail)?.bytes ?? 0;
    this.#entries.delete(tail);
  }
}
