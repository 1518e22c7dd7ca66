import type { Clock, Dependency, Logger } from '@sluice/service';
import type { FetchAnswer } from '../../policy/authentication/jwt/fetched-keys.ts';
import { addressIn } from '../../policy/authentication/jwt/fetched-keys.ts';
import type { HelperCounts } from '../../state/index.ts';
import type { NamedSource, NamedText } from '../messages.ts';
import { waitAtMost } from '../wait-at-most.ts';
import { KeySetFault } from './fetch-key-set.ts';
import type { FetchKeySet } from './fetch-key-set.ts';
import { KeySetFetcher } from './key-set-fetcher.ts';
import type { KeptKeySet, KeptKeySets } from './kept-key-sets.ts';

export interface KeySetsOptions {
  /** The current text of a file of authorities. */
  readonly caOf: (file: string) => string | undefined;
  readonly log: Logger;
  /** Called when keys changed, or when no route uses a key set any more. */
  readonly onChange: (keys: NamedText) => void;
  readonly fetch: FetchKeySet;
  /** Where the last good ones outlive a restart; undefined when they do not. */
  readonly kept: KeptKeySets | undefined;
  readonly clock: Clock;
  readonly counts: Pick<HelperCounts, 'count'>;
  readonly random?: () => number;
}

/** A key set as it is shown. */
export interface KeySetView {
  readonly host: string;
  /** Undefined when it was never fetched. */
  readonly ageMs: number | undefined;
  readonly isAway: boolean;
  readonly failures: number;
  /** By the last fetch. */
  readonly health: Dependency;
}

/** How long a swap waits for key sets, in milliseconds. */
const patienceMs = 2_000;

interface Known {
  users: number;
  readonly host: string;
  readonly fetcher: KeySetFetcher;
  /** What was logged last: the reason of a failure, or of keys that are not used. */
  complaint: string | undefined;
}

/**
 * The key sets that routes name by their addresses. Each is fetched once for the whole node: before a configuration that
 * names it is live, ahead of its end, and when a token names a key that it lacks. While its host is away, its last good keys
 * stay in use.
 */
export class KeySets {
  readonly #options: KeySetsOptions;
  readonly #known = new Map<string, Known>();
  /** What an earlier run has left, until it is used: later, this run knows better. */
  #earlier: Promise<Map<string, KeptKeySet>> | undefined;

  constructor(options: KeySetsOptions) {
    this.#options = options;
  }

  /** Fetches those that are new. Resolves when they have been fetched, or take too long. Never rejects. */
  async add(uses: Iterable<NamedSource>): Promise<void> {
    const fetching: Promise<void>[] = [];
    const wanted = [...uses].filter(({ kind }) => kind === 'keySet');
    const earlier = wanted.length === 0 ? undefined : await (this.#earlier ??= this.#options.kept?.read());
    for (const { name } of wanted) {
      const known = this.#known.get(name) ?? this.#begin(name, earlier?.get(name));
      earlier?.delete(name);
      known.users++;
      if (known.fetcher.isNew) fetching.push(known.fetcher.fetch());
    }
    if (fetching.length === 0) return;
    await waitAtMost(patienceMs, fetching);
  }

  /** Releases key sets; each has to be removed as often as it was added. */
  remove(uses: Iterable<NamedSource>): void {
    for (const { kind, name } of uses) {
      const known = kind === 'keySet' ? this.#known.get(name) : undefined;
      if (known === undefined || --known.users > 0) continue;
      known.fetcher.close();
      this.#known.delete(name);
      this.#options.onChange({ kind: 'keySet', name, text: undefined });
    }
  }

  /** The texts of all key sets, for a worker that starts. */
  texts(): NamedText[] {
    return [...this.#known].flatMap(([name, { fetcher }]): NamedText[] =>
      fetcher.text === undefined ? [] : [{ kind: 'keySet', name, text: fetcher.text }],
    );
  }

  /** A worker has a token whose key is not known. */
  ask(name: string): Promise<FetchAnswer> {
    return this.#known.get(name)?.fetcher.ask() ?? Promise.resolve({ isAway: false, againInMs: 0 });
  }

  /** The current keys of a key set, as text; undefined when it was never fetched. */
  readonly textOf = (name: string): string | undefined => this.#known.get(name)?.fetcher.text;

  /** All of them, with one line for each host. */
  views(): KeySetView[] {
    return [...this.#known.values()].map(({ host, fetcher }, index) => ({
      host,
      health: { ...fetcher.health(`keySet:${index + 1}`), address: host },
      ageMs: fetcher.fetchedAt === undefined ? undefined : this.#options.clock.now() - fetcher.fetchedAt,
      isAway: fetcher.isAway,
      failures: fetcher.failuresTotal,
    }));
  }

  /** May be called again. */
  close(): void {
    for (const { fetcher } of this.#known.values()) fetcher.close();
  }

  #begin(name: string, earlier: KeptKeySet | undefined): Known {
    const { caOf, onChange, fetch, clock, random = Math.random } = this.#options;
    const { jwksUrl, caFile } = addressIn(name);
    const fetcher = new KeySetFetcher({
      url: jwksUrl,
      ca: () => caFile && authorities(caOf(caFile)),
      fetch,
      clock,
      random,
      events: {
        changed: (text) => onChange({ kind: 'keySet', name, text }),
        kept: () => this.#keep(),
        ended: (failure, unused) => this.#tell(known, failure, unused),
      },
    });
    const known: Known = { users: 0, host: new URL(jwksUrl).host, fetcher, complaint: undefined };
    this.#known.set(name, known);
    if (earlier !== undefined) fetcher.restore(earlier.text, earlier.fetchedAt);
    return known;
  }

  #keep(): void {
    const sets = [...this.#known].flatMap(([name, { fetcher }]): [string, KeptKeySet][] => {
      const { text, fetchedAt } = fetcher;
      return text === undefined || fetchedAt === undefined ? [] : [[name, { text, fetchedAt }]];
    });
    void this.#options.kept?.write(new Map(sets));
  }

  /** Once for each change. */
  #tell(known: Known, failure: string | undefined, unused: readonly string[]): void {
    const { log, counts } = this.#options;
    const { host, fetcher } = known;
    counts.count('jwks', failure === undefined ? 'answered' : 'failed');
    const complaint = failure ?? (unused.length > 0 ? unused.join('; ') : undefined);
    if (complaint === known.complaint) return;
    known.complaint = complaint;
    if (failure !== undefined) {
      const outcome = fetcher.text === undefined ? 'tokens cannot be verified' : 'the last good keys stay in use';
      log.error(`a key set cannot be fetched: ${outcome}`, { host, reason: failure });
    } else if (complaint !== undefined) log.warn('some keys of a key set are not used', { host, reason: complaint });
    else log.info('a key set was fetched', { host });
  }
}

function authorities(ca: string | undefined): string {
  if (ca === undefined) throw new KeySetFault('the file of authorities (caFile) cannot be read');
  return ca;
}
