import { MongoServerError } from 'mongodb';
import type { AnyBulkWriteOperation } from 'mongodb';
import { StoreUnavailableError } from '../store.ts';
import type { Head, HeadReader } from './head.ts';
import type { CommitRecord, Database, VersionRecord } from './records.ts';
import { forever, partSize, sequenceKey } from './records.ts';
import type { Tuning } from './tuning.ts';

// How commits of many documents are atomic on a server that only adds or changes single documents atomically:
//
// 1. Stage. The writer reads the head s (the greatest key in `applied`), judges the commit by the state at s, and inserts
//    the new versions into the tables, with `from` forever: nobody sees them. A removal is a version as well, with `to` 0.
// 2. Log. It inserts the entry with `_id` s + 1. A duplicate key says that somebody else was first: take back, look again.
//    From here on the commit has happened.
// 3. Apply, which anybody may do, at any time, several times: the versions that it replaces end (`to` = s + 1), its own begin
//    (`from` = s + 1); then s + 1 is added to `applied`. Only now it is acknowledged.
//
// Readers choose the newest applied s and see exactly the versions with from <= s < to, whatever goes on meanwhile.
//
// - An entry s + 1 is logged only when s is applied, so at most one is not. Its writer is given some time to apply it (nobody
//   waits for that but other writers: the commit is not acknowledged). Then the next writer or reader does it.
// - Who applies late changes nothing: a version only ever begins with its own commit and ends with the one that replaces it,
//   so both are set to what they are. Versions are inserted in step 1 only, before there is an entry: nothing comes back.
// - Staged versions can only become commit base + 1. Once that one is applied they are waste, whoever left them.
// - What ended, and the entries that ended it, are deleted long after. First the sequence up to which that goes is added to
//   `trimmed`. A writer that slept until its own number was trimmed logs its entry without a duplicate key; therefore it looks
//   at `trimmed` afterwards, and an entry at or below that never happened. Nobody applies such an entry: who wants to apply
//   s + 1 has read it before it finds s to be the head.
// - A load or a migration fills tables of its own; the entry that names the new generation puts them into effect.

// How many statements a message has at most.
const endsAtOnce = 200;

/** What is logged, without its number. */
export type Entry = Omit<CommitRecord, '_id'>;

/** The log of commits. */
export class CommitLog {
  readonly #database: Database;
  readonly #heads: HeadReader;
  readonly #tuning: Tuning;
  /** The entry that was seen waiting for its writer, and since when. */
  #waiting: { readonly commit: string; readonly since: number } | undefined;

  constructor(database: Database, heads: HeadReader, tuning: Tuning) {
    this.#database = database;
    this.#heads = heads;
    this.#tuning = tuning;
  }

  /** Logs an entry under a number; false when somebody else has it. */
  async append(sequence: number, entry: Entry): Promise<boolean> {
    const _id = sequenceKey(sequence);
    try {
      await this.#database.commits.insertOne({ _id, ...entry });
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      // The driver asks again when a connection breaks; then the duplicate may be this one.
      const there = await this.#database.commits.findOne({ _id });
      if (there?.commit !== entry.commit) return false;
    }
    if ((await this.#heads.trimmed()) < sequence) return true;
    await this.#database.commits.deleteOne({ _id, commit: entry.commit });
    return false;
  }

  /** Applies the entry that was logged after a head; may be done again and by several at once. */
  async apply(head: Head, entry: Entry): Promise<void> {
    const sequence = head.sequence + 1;
    await Promise.all(entry.tables.map(({ name, parts }) => this.#applyTo(name, { ...entry, sequence, parts })));
    const generation = entry.generation ?? head.generation?.id ?? '';
    const since = entry.generation === undefined ? head.since : sequence;
    await ignoreDuplicate(this.#database.applied.insertOne({ _id: sequenceKey(sequence), generation, since }));
    await this.#tuning.reached('applied');
  }

  /** Whether the entry of this number is logged and its writer had time enough to apply it. */
  async overdue(sequence: number): Promise<boolean> {
    const entry = await this.#database.commits.findOne({ _id: sequenceKey(sequence) });
    if (entry === null) return false;
    if (this.#waiting?.commit !== entry.commit) {
      this.#waiting = { commit: entry.commit, since: this.#tuning.elapsed() };
    }
    return this.#tuning.elapsed() - this.#waiting.since >= this.#tuning.graceMs;
  }

  /** Applies the entry of this number, if there is one that is not applied. */
  async rollForward(sequence: number): Promise<void> {
    const entry = await this.#database.commits.findOne({ _id: sequenceKey(sequence) });
    // In this order: see above.
    const head = await this.#heads.read();
    if (entry !== null && head.sequence === sequence - 1) await this.apply(head, entry);
  }

  /** Resolves when nothing of this number is left to be applied. Rejects with a StoreUnavailableError at `deadline`. */
  async settle(sequence: number, deadline: number): Promise<void> {
    const { elapsed, pause, random } = this.#tuning;
    for (let wait = 2; ; wait = Math.min(wait * 1.5, 50)) {
      if ((await this.#heads.read()).sequence >= sequence) return;
      if (await this.overdue(sequence)) return this.rollForward(sequence);
      if (elapsed() > deadline) throw new StoreUnavailableError('MongoDB: another commit takes too long');
      await pause(wait * (0.5 + random()));
      // An entry that never happened was taken back.
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

// Ends the versions that were replaced: those that came together with one statement, without naming them if they are all.
function endsOf(replacing: readonly Replacing[], sequence: number): AnyBulkWriteOperation<VersionRecord>[] {
  const groups = Map.groupBy(replacing, ({ replaces: { commit, part } }) => `${commit}/${part}`);
  return [...groups.values()].flatMap((group) => {
    const [{ replaces } = {}] = group;
    if (replaces === undefined) return [];
    const { commit, part } = replaces;
    const isAll = group.length === partSize;
    const filter = { commit, part, ...(!isAll && { _id: { $in: group.map((one) => one.replaces._id) } }) };
    // FerretDB keeps a connection for each `updateOne` until the last of the message is done; not so for `updateMany`.
    return [{ updateMany: { filter, update: { $set: { to: sequence } } } }];
  });
}

/** Whether the server refused to insert a document because its key is there. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === 11_000;
}

/** Waits for an insert of what may be there already. */
export async function ignoreDuplicate(insert: Promise<unknown>): Promise<void> {
  try {
    await insert;
  } catch (error) {
    if (!isDuplicate(error)) throw error;
  }
}
