import { HeldByName } from '../../held-by-name.ts';
import type { Secret } from '../../secret-texts.ts';

/** What came of asking for a key set to be fetched. */
export interface FetchAnswer {
  /** Whether the last fetch failed: what is known may be old. */
  readonly isAway: boolean;
  /** When asking makes sense again, in milliseconds from now. */
  readonly againInMs: number;
}

/** A name of a key that nobody knows is remembered for this long, in milliseconds. */
const rememberMs = 10 * 60_000;
const mostRemembered = 1000;
/** Requests that may wait for one fetch. Others are told what is known now. */
const mostWaiting = 1000;
/** The main thread answers earlier than this, unless it hangs; in milliseconds. */
const longestWaitMs = 7_000;

/** Where a key set is fetched. */
export interface KeySetAddress {
  readonly jwksUrl: string;
  readonly caFile?: string | undefined;
}

/** The address of a key set and the file of authorities to trust for it, as one name. An address has no space. */
export function fetchedName({ jwksUrl, caFile }: KeySetAddress): string {
  return caFile === undefined ? jwksUrl : `${jwksUrl} ${caFile}`;
}

/** The address in such a name. */
export function addressIn(name: string): KeySetAddress {
  const [jwksUrl, ...file] = name.split(' ');
  return { jwksUrl, caFile: file.length === 0 ? undefined : file.join(' ') };
}

/** A fetch that was asked for. */
interface Asking {
  readonly answered: Promise<void>;
  readonly end: () => void;
  waiting: number;
}

/** A key set that the main thread fetches. Its text follows the one at its address. */
export class FetchedKeys implements Secret {
  text: string | undefined = undefined;
  /** Whether the last fetch failed, as far as this thread has heard. */
  isAway = false;
  readonly #send: () => void;
  readonly #now: () => number;
  /** Names that were asked for and are unknown, and when that may have changed. */
  readonly #unknown = new Map<string, number>();
  #askAt = 0;
  #asking: Asking | undefined;

  constructor(send: () => void, now: () => number) {
    this.#send = send;
    this.#now = now;
  }

  /**
   * Has the key set fetched because it lacks a key of this name, unless that was done just now, or for this name before.
   * Resolves with whether it was asked for. Whoever sends names at random causes one fetch per interval, and waits for it.
   */
  async ask(name: string): Promise<boolean> {
    const now = this.#now();
    if (now < (this.#unknown.get(name) ?? 0)) return false;
    if (this.#asking === undefined && now < this.#askAt) return false;
    const asking = (this.#asking ??= this.#begin());
    if (asking.waiting >= mostWaiting) return false;
    asking.waiting++;
    await asking.answered;
    return true;
  }

  /** Nobody knows this name, as far as the last fetch says. */
  remember(name: string): void {
    if (this.isAway) return;
    if (this.#unknown.size >= mostRemembered) this.#unknown.clear();
    this.#unknown.set(name, this.#now() + rememberMs);
  }

  /** The main thread has fetched the key set, or says why not. */
  answered({ isAway, againInMs }: FetchAnswer): void {
    this.isAway = isAway;
    this.#askAt = this.#now() + againInMs;
    this.#asking?.end();
  }

  /** Takes over another text. */
  put(text: string): void {
    this.text = text;
    this.isAway = false;
    this.#unknown.clear();
  }

  #begin(): Asking {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => this.#asking?.end(), longestWaitMs);
    timer.unref();
    this.#send();
    return {
      answered: promise,
      waiting: 0,
      end: () => {
        clearTimeout(timer);
        this.#asking = undefined;
        resolve();
      },
    };
  }
}

/** The key sets that are fetched for a worker, by their names. */
export class AllFetchedKeys {
  readonly #sets: HeldByName<FetchedKeys>;

  constructor(send: (name: string) => void, now: () => number = Date.now) {
    this.#sets = new HeldByName((name) => new FetchedKeys(() => send(name), now));
  }

  /** The key set of this name, to be held by compiled methods. */
  of(name: string): FetchedKeys {
    return this.#sets.of(name);
  }

  /** Sets a text. Undefined forgets the name, but those who hold the key set keep its text, and follow it when it is set again. */
  put(name: string, text: string | undefined): void {
    if (text === undefined) this.#sets.forget(name);
    else this.#sets.keep(name).put(text);
  }

  answered(name: string, answer: FetchAnswer): void {
    this.of(name).answered(answer);
  }
}
