/** What a hash begins with: a secret, or what was made of a secret and a text. */
export type HashKey = readonly [number, number];

/**
 * HalfSipHash with 64 bits of result (https://github.com/veorq/SipHash), over the UTF-16 code units of a text. It works on
 * 32-bit words, which JavaScript does well. Who does not know the secret cannot find two texts with one hash. One round per
 * word and three at the end are what Linux takes for its hash tables; other numbers are for tests.
 */
export class KeyHash {
  /** The two halves of the last hash. */
  low = 0;
  high = 0;
  readonly #rounds: number;
  readonly #lastRounds: number;

  constructor(rounds = 1, lastRounds = 3) {
    this.#rounds = rounds;
    this.#lastRounds = lastRounds;
  }

  /** Hashes a text; the result is in `low` and `high`. */
  update(key: HashKey, text: string): void {
    let v0 = key[0];
    let v1 = key[1] ^ 0xee;
    let v2 = key[0] ^ 0x6c796765;
    let v3 = key[1] ^ 0x74656462;
    const { length } = text;
    const [rounds, lastRounds] = [this.#rounds, this.#lastRounds];
    // perf: the rounds are written out, and a word is two units; see "limit" in state.bench.ts.
    for (let at = 0; at <= length; at += 2) {
      const first = at < length ? text.charCodeAt(at) : 0;
      const second = at + 1 < length ? text.charCodeAt(at + 1) : (2 * length) << 8;
      const word = first | (second << 16);
      v3 ^= word;
      for (let round = 0; round < rounds; round++) {
        v0 = (v0 + v1) | 0;
        v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
        v0 = (v0 << 16) | (v0 >>> 16);
        v2 = (v2 + v3) | 0;
        v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
        v0 = (v0 + v3) | 0;
        v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
        v2 = (v2 + v1) | 0;
        v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
        v2 = (v2 << 16) | (v2 >>> 16);
      }
      v0 ^= word;
    }
    v2 ^= 0xee;
    for (let round = 0; round < 2 * lastRounds; round++) {
      if (round === lastRounds) {
        this.low = v1 ^ v3;
        v1 ^= 0xdd;
      }
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    this.high = v1 ^ v3;
  }

  /** A key for the hashes of one domain: texts of two domains have nothing in common. */
  keyOf(secret: HashKey, domain: string): HashKey {
    this.update(secret, domain);
    return [this.low, this.high];
  }
}
