import type { AnyBulkWriteOperation } from 'mongodb';
import { StoreUnavailableError } from '../store.ts';
import type { Tip, TipReader } from './tip.ts';
import { ignoreDuplicate, isDuplicate } from './mongodb-errors.ts';
import type { CommitRecord, Database, VersionRecord } from './records.ts';
import { forever, partSize, sequenceKey } from './records.ts';
import type { Tuning } from './tuning.ts';

// How commits of many documents are atomic on a server that only adds or changes single documents atomically:
//
// 1. Stage. The writer reads the tip s (the greatest key in `applied`), checks the commit against the state at s, and inserts
//    the new versions into the tables. Their `from` is `forever`, so nobody sees them. A removal is a version with `to` 0.
// 2. Log. The writer inserts the entry with `_id` s + 1. From then on the commit has happened. A duplicate key means that
//    another writer was first: this one removes its versions and starts again.
// 3. Apply. The replaced versions end (`to` = s + 1), the new ones begin (`from` = s + 1), and s + 1 is added to `applied`.
//    Any process may do this, at any time and several times. Only then is the commit acknowledged.
//
// A reader takes the greatest applied s and sees exactly the versions with from <= s < to, whatever else is going on.
//
// - An entry s + 1 is logged only when s is applied, so at most one entry is not applied. Its writer gets some time to apply it.
//   During that time only other writers wait, because the commit is not acknowledged yet. Then the next writer or reader
//   applies it.
// - Applying late changes nothing. A version begins only with its own commit and ends only with the commit that replaces it, so
//   both fields get the values that they already have. Versions are inserted in step 1 only, before there is an entry.
// - Staged versions can only become commit base + 1. Once that commit is applied, the versions of other writers are waste.
// - Ended versions, and the entries that ended them, are deleted much later. Their sequence is added to `trimmed` first. A writer
//   that slept until its own number was trimmed gets no duplicate key when it logs its entry. So it reads `trimmed` afterwards:
//   an entry at or below that sequence never happened. Nobody applies such an entry, because whoever wants to apply s + 1 reads
//   the entry before it finds that s is the tip.
// - A load or a migration fills tables of its own. The entry that names the new table set puts them into effect.

// The most statements in one message.
const endsAtOnce = 200;

/** An entry of the log, without its number. */
export type Entry = Omit<CommitRecord, '_id'>;

/** The log of commits. */
export class CommitLog {
  readonly #database: Database;
  readonly #tips: TipReader;
  readonly #tuning: Tuning;
  /** The entry that waits for its writer, and since when. */
  #waiting: { readonly commit: string; readonly since: number } | undefined;

  constructor(database: Database, tips: TipReader, tuning: Tuning) {
    this.#database = database;
    this.#tips = tips;
    this.#tuning = tuning;
  }

  /** Logs an entry under a number. False when another writer has the number. */
  async append(sequence: number, entry: Entry): Promise<boolean> {
    const _id = sequenceKey(sequence);
    try {
      await this.#database.commits.insertOne({ _id, ...entry });
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      // The driver repeats the insert when a connection breaks, so the duplicate may be this entry.
      const there = await this.#database.commits.findOne({ _id });
      if (there?.commit !== entry.commit) return false;
    }
    if ((await this.#tips.trimmed()) < sequence) return true;
    await this.#database.commits.deleteOne({ _id, commit: entry.commit });
    return false;
  }

  /** Applies the entry that was logged after a tip. Several processes may do so, at once and again. */
  async apply(tip: Tip, entry: Entry): Promise<void> {
    const sequence = tip.sequence + 1;
    await Promise.all(entry.tables.map(({ name, parts }) => this.#applyTo(name, { ...entry, sequence, parts })));
    const generation = entry.generation ?? tip.tableSet?.id ?? '';
    const since = entry.generation === undefined ? tip.since : sequence;
    await ignoreDuplicate(this.#database.applied.insertOne({ _id: sequenceKey(sequence), generation, since }));
    await this.#tuning.reached('applied');
  }

  /** Whether the entry with this number is logged and its writer has had enough time to apply it. */
  async overdue(sequence: number): Promise<boolean> {
    const entry = await this.#database.commits.findOne({ _id: sequenceKey(sequence) });
    if (entry === null) return false;
    if (this.#waiting?.commit !== entry.commit) {
      this.#waiting = { commit: entry.commit, since: this.#tuning.elapsed() };
    }
    return this.#tuning.elapsed() - this.#waiting.since >= this.#tuning.graceMs;
  }

  /** Applies the entry with this number, unless it is applied already. */
  async rollForward(sequence: number): Promise<void> {
    const entry = await this.#database.commits.findOne({ _id: sequenceKey(sequence) });
    // The order matters: see above.
    const tip = await this.#tips.read();
    if (entry !== null && tip.sequence === sequence - 1) await this.apply(tip, entry);
  }

  /** Resolves when no entry with this number has to be applied. Rejects with a StoreUnavailableError at `deadline`. */
  async settle(sequence: number, deadline: number): Promise<void> {
    const { elapsed, pause, random } = this.#tuning;
    for (let wait = 2; ; wait = Math.min(wait * 1.5, 50)) {
      if ((await this.#tips.read()).sequence >= sequence) return;
      if (await this.overdue(sequence)) return this.rollForward(sequence);
      if (elapsed() > deadline) throw new StoreUnavailableError('MongoDB: another commit takes too long');
      await pause(wait * (0.5 + random()));
      // Its writer may have removed it again.
      if ((await this.#database.commits.findOne({ _id: sequenceKey(sequence) })) === null) return;
    }
  }

  async #applyTo(
    name: string,
    { commit, sequence, parts }: { readonly commit: string; readonly sequence: number; readonly parts: number },
  ): Promise<void> {
    const table = this.#database.table(name);
    for (let part = 0; part < parts; part++) {
      const replacing = await table
        .find({ commit, part, version: { $gt: 1 } })
        .project<Replacing>({ _id: 0, replaces: 1 })
        .toArray();
      const ends = endsOf(replacing, sequence);
      for (let at = 0; at < ends.length; at += endsAtOnce) {
        await table.bulkWrite(ends.slice(at, at + endsAtOnce), { ordered: false });
      }
      await this.#tuning.reached('ended');
      await table.updateMany({ commit, part, from: forever }, { $set: { from: sequence } });
      await this.#tuning.reached('begun');
    }
  }
}

type Replacing = Required<Pick<VersionRecord, 'replaces'>>;

// Ends the replaced versions: one statement for each part of a commit, without ids when the whole part is replaced.
function endsOf(replacing: readonly Replacing[], sequence: number): AnyBulkWriteOperation<VersionRecord>[] {
  const groups = Map.groupBy(replacing, ({ replaces: { commit, part } }) => `${commit}/${part}`);
  return [...groups.values()].flatMap((group) => {
    const [{ replaces } = {}] = group;
    if (replaces === undefined) return [];
    const { commit, part } = replaces;
    const isAll = group.length === partSize;
    const filter = { commit, part, ...(!isAll && { _id: { $in: group.map((one) => one.replaces._id) } }) };
    // FerretDB holds a connection for each `updateOne` until the whole message is done, but not for `updateMany`.
    return [{ updateMany: { filter, update: { $set: { to: sequence } } } }];
  });
}
