import { Turns } from '@sluice/service';
import { ConflictError } from '../store/store.ts';
import type { Store, Write } from '../store/store.ts';
import { head } from './collections.ts';
import { ConfigurationState } from './configuration-state.ts';
import type { ConfigurationChanges, EntityChange } from './entities.ts';
import { ConfigurationConflictError } from './errors.ts';
import { catchUp, readHead } from './load-state.ts';
import type { Head } from './load-state.ts';
import { RecentChanges } from './recent-changes.ts';
import type { Position } from './recent-changes.ts';

/** What the current state works with. */
export interface CurrentStateOptions {
  readonly store: Store;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Names a new history; random. */
  readonly newLineage: () => string;
}

/** A revision that is about to be stored. */
interface NextRevision {
  readonly revision: number;
  readonly at: string;
  /** Undefined when a revision is confirmed, and changes nothing. */
  readonly changes?: readonly EntityChange[];
}

/** How often a change is tried anew when other processes are faster each time. */
const attempts = 50;

/** The configuration in memory: catches up with what other processes store, and stores the revisions of this one. */
export class CurrentState {
  readonly state = new ConfigurationState();
  readonly #options: CurrentStateOptions;
  readonly #recent = new RecentChanges();
  readonly #turns = new Turns();
  readonly #looks = new Turns();
  readonly #listeners = new Set<(revision: number) => void>();
  #head: Head | undefined;

  constructor(options: CurrentStateOptions) {
    this.#options = options;
  }

  /** Catches up. A reader waits for a change that is under way only when there is something to catch up with. */
  refresh(): Promise<void> {
    return this.#looks.shared(async () => {
      if (!this.isAt(await readHead(this.#options.store, this.#options.newLineage))) {
        await this.#turns.run(() => this.#catchUp());
      }
    });
  }

  /** Catches up, and then does work that must not overlap with a change. */
  alone<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#turns.run(async () => {
      await this.#catchUp();
      return work();
    });
  }

  /** The same, and starts again while `work` gives undefined because another process was faster. */
  untilStored<T>(work: () => Promise<T | undefined>): Promise<T> {
    return this.#turns.run(async () => {
      for (let attempt = 1; attempt <= attempts; attempt++) {
        await this.#catchUp();
        const done = await work();
        if (done !== undefined) return done;
      }
      throw new ConfigurationConflictError('too many changes at the same time: try again');
    });
  }

  isAt({ revision, lineage, revisionAt }: Position): boolean {
    const at = this.state;
    return revision === at.revision && lineage === at.lineage && revisionAt === at.revisionAt;
  }

  /** Later than the time of every revision before, whatever the clocks of other processes say: nodes go by the order. */
  nextAt(): string {
    const last = this.#head?.revisionAt;
    return new Date(Math.max(this.#options.clock(), last === undefined ? 0 : Date.parse(last) + 1)).toISOString();
  }

  /**
   * Stores a revision and takes it over. False when another process was faster, or when one of the `guards`, which are
   * among the writes, no longer holds.
   */
  async store(next: NextRevision, writes: readonly Write[], guards: readonly Write[] = []): Promise<boolean> {
    const { revision, at } = next;
    const { version, lineage } = this.#head!;
    const body = { revision, lineage, revisionAt: at };
    const raced = new Set([head, ...guards.map(({ collection }) => collection)].map(({ name }) => name));
    try {
      await this.#options.store.commit([
        { kind: 'put', collection: head, id: 'head', body, expect: version },
        ...writes,
      ]);
    } catch (error) {
      if (error instanceof ConflictError && raced.has(error.collection)) return false;
      throw error;
    }
    this.#take(next, { ...body, version: version + 1 });
    return true;
  }

  changesSince(position: Position): ConfigurationChanges {
    return this.#recent.since(position, this.state);
  }

  onRevision(listener: (revision: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #catchUp(): Promise<void> {
    const { store, newLineage } = this.#options;
    const target = await readHead(store, newLineage);
    this.#head = target;
    if (this.isAt(target)) return;
    const changes = await catchUp(store, this.state, target);
    if (changes === undefined) this.#recent.beginAt(target.revision, target.revisionAt);
    else for (const [number, touched] of changes) this.#recent.add(number, touched[0].at, touched);
    this.#announce();
  }

  #take({ revision, at, changes }: NextRevision, written: Head): void {
    for (const change of changes ?? []) this.state.accept(change, { revision, at });
    this.#head = written;
    this.state.revision = revision;
    this.state.revisionAt = at;
    if (changes === undefined) this.#recent.beginAt(revision, at);
    else this.#recent.add(revision, at, changes);
    this.#announce();
  }

  #announce(): void {
    for (const listener of this.#listeners) listener(this.state.revision);
  }
}
