import type { Clock } from '@sluice/service';
import { LastCheck } from '@sluice/service/dependency';
import type { Dependency } from '@sluice/service/dependency';
import type { FetchAnswer } from '../../policy/authentication/jwt/fetched-keys.ts';
import { readKeySet } from '../../policy/authentication/jwt/public-keys.ts';
import { KeySetFault } from './fetch-key-set.ts';
import type { FetchKeySet } from './fetch-key-set.ts';

/** What a fetcher tells. */
export interface FetcherEvents {
  /** The keys changed: a key set with the public part of usable keys alone. */
  readonly changed: (text: string) => void;
  /** Other keys were fetched: they are worth keeping. */
  readonly kept: () => void;
  /** A fetch is over: with the reason of its failure, or with those of keys that are not used. */
  readonly ended: (failure: string | undefined, unused: readonly string[]) => void;
}

export interface FetcherOptions {
  readonly url: string;
  /** The current PEM text of the authorities to trust; undefined for the usual ones. Throws a KeySetFault if unknown. */
  readonly ca: () => string | undefined;
  readonly fetch: FetchKeySet;
  readonly clock: Clock;
  readonly random: () => number;
  readonly events: FetcherEvents;
}

/** How long a fetched key set is good when its host does not say so, and the bounds of what a host may say; in milliseconds. */
const usualAgeMs = 10 * 60_000;
const [leastAgeMs, mostAgeMs] = [60_000, 60 * 60_000];
/** A fetch begins when this share of the age is over, so that the next one has time to fail. */
const ahead = 0.8;
/** Pauses after failures in a row, in milliseconds. */
const [firstPauseMs, longestPauseMs] = [1_000, 30_000];
/** Unknown keys have a key set fetched at most this often, in milliseconds. */
const askIntervalMs = 10_000;

/** Fetches one key set again and again: ahead of its end, and when a key is asked for that is not in it. */
export class KeySetFetcher {
  readonly #options: FetcherOptions;
  readonly #check: LastCheck;
  #text: string | undefined;
  #fetchedAt: number | undefined;
  #failures = 0;
  #failuresTotal = 0;
  #fetching: Promise<void> | undefined;
  #cancel: () => void = () => {};
  #askedAt = -Infinity;
  #isClosed = false;
  #isNew = true;

  constructor(options: FetcherOptions) {
    this.#options = options;
    this.#check = new LastCheck(options.clock);
  }

  /** The usable keys of the last good key set, as text; undefined before there was one. */
  get text(): string | undefined {
    return this.#text;
  }

  /** Whether nothing was fetched yet, well or not. */
  get isNew(): boolean {
    return this.#isNew;
  }

  /** When the last good one was fetched, in milliseconds since 1970. */
  get fetchedAt(): number | undefined {
    return this.#fetchedAt;
  }

  /** Fetches that failed since the start. */
  get failuresTotal(): number {
    return this.#failuresTotal;
  }

  /** Whether the last fetch failed. */
  get isAway(): boolean {
    return this.#failures > 0;
  }

  /** By the last fetch. While there are good keys, tokens are verified with them. */
  health(name: string): Dependency {
    const health = this.#check.health(name);
    return health.status === 'unhealthy' && this.#text !== undefined ? { ...health, status: 'degraded' } : health;
  }

  /** Takes over a key set that was fetched earlier, as long as there is none. */
  restore(text: string, fetchedAt: number): void {
    if (this.#text !== undefined) return;
    this.#text = text;
    this.#fetchedAt = fetchedAt;
    this.#options.events.changed(text);
  }

  /** Fetches now, unless that is under way. Never rejects. */
  fetch(): Promise<void> {
    return (this.#fetching ??= this.#fetch().finally(() => (this.#fetching = undefined)));
  }

  /** Fetches for a key that is not known, at most once per interval. */
  async ask(): Promise<FetchAnswer> {
    const { clock } = this.#options;
    if (clock.monotonic() - this.#askedAt >= askIntervalMs) {
      this.#askedAt = clock.monotonic();
      await this.fetch();
    } else await this.#fetching;
    const againInMs = Math.max(0, this.#askedAt + askIntervalMs - clock.monotonic());
    return { isAway: this.isAway, againInMs };
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  async #fetch(): Promise<void> {
    const { url, ca, fetch, clock, events } = this.#options;
    this.#cancel();
    this.#isNew = false;
    try {
      const before = this.#text;
      const { unused, maxAgeMs = usualAgeMs } = await this.#check.run(async () => {
        const answer = await fetch({ url, ca: ca() });
        return { ...answer, unused: this.#take(answer.text) };
      });
      this.#failures = 0;
      this.#fetchedAt = clock.now();
      if (this.#text !== before && !this.#isClosed) events.kept();
      this.#plan(Math.min(mostAgeMs, Math.max(leastAgeMs, maxAgeMs)) * ahead);
      if (!this.#isClosed) events.ended(undefined, unused);
    } catch (error) {
      if (!(error instanceof KeySetFault)) throw error;
      this.#failures++;
      this.#failuresTotal++;
      this.#plan(Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(this.#failures - 1, 10)));
      if (!this.#isClosed) events.ended(error.message, []);
    }
  }

  /** Takes over what is usable of an answer. Returns why some of its keys are not. */
  #take(answer: string): readonly string[] {
    const { keys, unused } = readable(answer);
    if (keys.length === 0)
      throw new KeySetFault(unused.length === 0 ? 'the key set is empty' : `no key is usable: ${unused.join('; ')}`);
    const text = JSON.stringify({
      keys: keys.map(({ key, name, algorithm }) => ({
        ...key.export({ format: 'jwk' }),
        ...(name !== undefined && { kid: name }),
        ...(algorithm !== undefined && { alg: algorithm }),
      })),
    });
    if (text !== this.#text && !this.#isClosed) {
      this.#text = text;
      this.#options.events.changed(text);
    }
    return unused;
  }

  /** Nodes that were started together do not all ask at once. */
  #plan(ms: number): void {
    const { clock, random } = this.#options;
    if (!this.#isClosed) this.#cancel = clock.after(ms * (0.9 + random() / 10), () => void this.fetch());
  }
}

function readable(text: string): ReturnType<typeof readKeySet> {
  try {
    return readKeySet(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new KeySetFault(`the answer ${error.message}`);
    throw error;
  }
}
