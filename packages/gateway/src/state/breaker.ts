import type { HoldingsMemory, NodeMemory } from './layout.ts';
import type { SharedFloats, SharedInts } from './shared-count.ts';

/** When a breaker opens and how it closes again. */
export interface BreakerSettings {
  /** Failures in a row that open it, up to 65535. */
  readonly failureThreshold: number;
  /** Milliseconds it stays open, and milliseconds after which permits that nobody reported on are given out anew. */
  readonly timeout: number;
  /** Requests let through half-open, all of which must succeed; up to 255. */
  readonly halfOpenRequests: number;
}

/** The state of a breaker as shown to people. */
export type BreakerState = 'closed' | 'open' | 'half-open';

const closedState = 0;
const openState = 1;
const halfOpenState = 2;
/** A thread is writing the deadline of the next state. Until it is done, requests are refused. */
const changingState = 3;

// One word holds everything that must change together: state in bits 0..1, a 16-bit count, and in bits 18..31 the round,
// which changes with each opening and half-opening. Closed, the count is the failures in a row; half-open, its low byte is
// the permits given and its high byte the successes.
const oneFailure = 1 << 2;
const oneSuccess = 1 << 10;

/**
 * Circuit breakers, one per backend, exact across threads: each change is one compare-and-exchange of a word.
 *
 *     closed --failureThreshold failures in a row--> open --timeout--> half-open --all permits succeed--> closed
 *                                                      ^-------- one fails --------'
 *
 * Permits belong to a round and are noted per thread, so a late report from an exchange that began before the breaker
 * opened counts for nothing.
 */
export class Breakers {
  readonly #words: SharedInts;
  readonly #deadlines: SharedFloats;
  /** Whether the last {@link enter} turned an open breaker half-open. */
  halfOpened = false;
  /** Half-open permits that this thread holds: round in the upper bits, number in the low byte. */
  readonly #permits: SharedInts;

  constructor(memory: NodeMemory, own: HoldingsMemory) {
    this.#words = new Int32Array(memory.breakers.words);
    this.#deadlines = new Float64Array(memory.breakers.deadlines);
    this.#permits = new Int32Array(own.permits);
  }

  /** Whether {@link enter} would let a request through. */
  allows(backend: number, settings: BreakerSettings, now: number): boolean {
    const word = Atomics.load(this.#words, backend);
    const state = word & 3;
    if (state === closedState) return true;
    if (state === changingState) return false;
    if (state === halfOpenState && permitsGiven(word) < settings.halfOpenRequests) return true;
    return now >= this.#deadlines[backend];
  }

  /** Lets a request through or not. A half-open breaker gives it a permit, which {@link report} or {@link cancel} ends. */
  enter(backend: number, settings: BreakerSettings, now: number): boolean {
    this.halfOpened = false;
    for (;;) {
      const word = Atomics.load(this.#words, backend);
      const state = word & 3;
      if (state === closedState) return true;
      if (state === changingState) return false;
      if (state === halfOpenState && permitsGiven(word) < Math.min(settings.halfOpenRequests, 255)) {
        if (!this.#replace(backend, word, word + oneFailure)) continue;
        this.#hold(backend, roundOf(word));
        return true;
      }
      if (now < this.#deadlines[backend]) return false;
      // Open for long enough, or half-open with permits that were lost: a new round of permits, the first one for us.
      const next = pack(halfOpenState, 1, roundOf(word) + 1);
      if (!this.#change(backend, word, next, now + settings.timeout)) continue;
      this.#hold(backend, roundOf(next));
      this.halfOpened = state === openState;
      return true;
    }
  }

  /**
   * Reports how an exchange that {@link enter} let through went. Returns the new state; undefined if it did not change.
   */
  report(backend: number, settings: BreakerSettings, ok: boolean, now: number): BreakerState | undefined {
    const word = Atomics.load(this.#words, backend);
    const state = word & 3;
    if (state === closedState) {
      return !ok || countOf(word) !== 0 ? this.#reportClosed(backend, settings, ok ? 0 : 1, now) : undefined;
    }
    if (state === halfOpenState && this.#takePermit(backend, roundOf(word))) {
      return this.#reportProbe(backend, settings, { ok, now, round: roundOf(word) });
    }
    return undefined;
  }

  /** Reports that an exchange broke off after it was reported as successful. Only a closed breaker still counts it. */
  broke(backend: number, settings: BreakerSettings, failures: number, now: number): BreakerState | undefined {
    if ((Atomics.load(this.#words, backend) & 3) !== closedState) return undefined;
    return this.#reportClosed(backend, settings, failures, now);
  }

  /** Until when it is open, on the node's clock. */
  deadline(backend: number): number {
    return this.#deadlines[backend];
  }

  /** Gives a permit back: the exchange ended without a verdict on the backend. */
  cancel(backend: number): void {
    const word = Atomics.load(this.#words, backend);
    if ((word & 3) === halfOpenState && this.#takePermit(backend, roundOf(word)))
      this.#giveBack(backend, roundOf(word), 1);
  }

  /** The state at `now`; an open breaker whose time is over counts as half-open. */
  state(backend: number, now: number): BreakerState {
    const word = Atomics.load(this.#words, backend);
    if ((word & 3) === closedState) return 'closed';
    if ((word & 3) === halfOpenState) return 'half-open';
    return (word & 3) === openState && now >= this.#deadlines[backend] ? 'half-open' : 'open';
  }

  /** Gives back the permits of a thread that no longer runs. */
  forget(column: HoldingsMemory): void {
    const permits = new Int32Array(column.permits);
    for (let backend = 0; backend < permits.length; backend++) {
      const held = permits[backend];
      if (held === 0) continue;
      permits[backend] = 0;
      this.#giveBack(backend, held >>> 8, held & 255);
    }
  }

  /** Closes a breaker for a new owner of its slot. The round changes, so that old permits are void. */
  wipe(backend: number): void {
    const word = Atomics.load(this.#words, backend);
    if (word !== 0) Atomics.store(this.#words, backend, pack(closedState, 0, roundOf(word) + 1));
  }

  /** Adds `failures` to those in a row; 0 is a success, which ends the row. */
  #reportClosed(backend: number, settings: BreakerSettings, failures: number, now: number): BreakerState | undefined {
    for (;;) {
      const word = Atomics.load(this.#words, backend);
      if ((word & 3) !== closedState) return undefined;
      const inRow = failures === 0 ? 0 : Math.min(countOf(word) + failures, 65_535);
      if (inRow < Math.min(settings.failureThreshold, 65_535)) {
        if (this.#replace(backend, word, pack(closedState, inRow, roundOf(word)))) return undefined;
      } else if (this.#change(backend, word, pack(openState, 0, roundOf(word) + 1), now + settings.timeout))
        return 'open';
    }
  }

  #reportProbe(
    backend: number,
    settings: BreakerSettings,
    probe: { ok: boolean; now: number; round: number },
  ): BreakerState | undefined {
    for (;;) {
      const word = Atomics.load(this.#words, backend);
      if ((word & 3) !== halfOpenState || roundOf(word) !== probe.round) return undefined;
      if (!probe.ok) {
        if (this.#change(backend, word, pack(openState, 0, probe.round + 1), probe.now + settings.timeout))
          return 'open';
        continue;
      }
      const last = successesOf(word) + 1 >= Math.min(settings.halfOpenRequests, 255);
      if (!this.#replace(backend, word, last ? pack(closedState, 0, probe.round + 1) : word + oneSuccess)) continue;
      return last ? 'closed' : undefined;
    }
  }

  #giveBack(backend: number, round: number, permits: number): void {
    for (;;) {
      const word = Atomics.load(this.#words, backend);
      if ((word & 3) !== halfOpenState || roundOf(word) !== round) return;
      if (this.#replace(backend, word, word - permits * oneFailure)) return;
    }
  }

  #hold(backend: number, round: number): void {
    const held = this.#permits[backend];
    this.#permits[backend] = held >>> 8 === round ? held + 1 : (round << 8) | 1;
  }

  #takePermit(backend: number, round: number): boolean {
    const held = this.#permits[backend];
    if (held >>> 8 !== round || (held & 255) === 0) return false;
    this.#permits[backend] = held - 1;
    return true;
  }

  #replace(backend: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.#words, backend, from, to) === from;
  }

  /** Changes to a state with a deadline. Readers never see the one without the other. */
  #change(backend: number, from: number, to: number, deadline: number): boolean {
    if (!this.#replace(backend, from, pack(changingState, 0, roundOf(from)))) return false;
    this.#deadlines[backend] = deadline;
    Atomics.store(this.#words, backend, to);
    return true;
  }
}

function pack(state: number, count: number, round: number): number {
  return (round << 18) | (count << 2) | state;
}

function roundOf(word: number): number {
  return word >>> 18;
}

function countOf(word: number): number {
  return (word >>> 2) & 0xffff;
}

function permitsGiven(word: number): number {
  return (word >>> 2) & 0xff;
}

function successesOf(word: number): number {
  return (word >>> 10) & 0xff;
}
