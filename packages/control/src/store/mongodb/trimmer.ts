import type { Collection as MongoCollection } from 'mongodb';
import { ignoreDuplicate } from './commit-log.ts';
import { dropTables, tableMadeAt } from './generations.ts';
import type { HeadReader } from './head.ts';
import type { CommitRecord, Database, VersionRecord } from './records.ts';
import { forever, sequenceKey } from './records.ts';
import type { Tuning } from './tuning.ts';

// A table that is not in use may be one that is being filled: by a load that takes 12 hours at most.
const unusedTableMs = 24 * 3_600_000;
const commitsAtOnce = 200;
const idsAtOnce = 1000;
// `applied` is searched at each question, and only its last entry counts.
const appliedKept = 32;

/** Takes away what nobody can need any more: versions that ended long ago, their log entries, tables out of use. */
export class Trimmer {
  readonly #database: Database;
  readonly #heads: HeadReader;
  readonly #tuning: Tuning;
  /** Sequences, and when this process knew them to be applied. By its own time: the clocks of others may be wrong. */
  readonly #history: { readonly sequence: number; readonly at: number }[] = [];
  #sinceTidied = 0;
  #swept = false;

  constructor(parts: { database: Database; heads: HeadReader; tuning: Tuning }) {
    this.#database = parts.database;
    this.#heads = parts.heads;
    this.#tuning = parts.tuning;
  }

  /** Notes that a sequence is applied, and trims when it is time to. */
  async committed(sequence: number): Promise<void> {
    const { keepMs, elapsed } = this.#tuning;
    if (++this.#sinceTidied >= appliedKept) {
      this.#sinceTidied = 0;
      await this.#database.applied.deleteMany({ _id: { $lt: sequenceKey(sequence) } });
    }
    const now = elapsed();
    const newest = this.#history.at(-1);
    if (newest === undefined || now - newest.at >= keepMs / 10) this.#history.push({ sequence, at: now });
    const old = this.#history.findLastIndex(({ at }) => now - at >= keepMs);
    const [until] = this.#history.splice(0, old + 1).slice(-1);
    // The last entry stays: it is what the next one follows.
    if (until !== undefined && until.sequence < sequence) await this.trim(until.sequence);
  }

  /** Forgets the past up to a sequence, which is below that of the head. */
  async trim(until: number): Promise<void> {
    const { commits, trimmed } = this.#database;
    await ignoreDuplicate(trimmed.insertOne({ _id: sequenceKey(until) }));
    const upTo = { _id: { $lte: sequenceKey(until) } };
    for (;;) {
      const entries = await commits.find(upTo).sort({ _id: 1 }).limit(commitsAtOnce).toArray();
      const last = entries.at(-1);
      if (last === undefined) break;
      await this.#forget(entries);
      await commits.deleteMany({ _id: { $lte: last._id } });
    }
    await trimmed.deleteMany({ _id: { $lt: sequenceKey(until) } });
    await this.#sweep(until);
    await this.#dropUnused(until);
  }

  async #forget(entries: readonly CommitRecord[]): Promise<void> {
    const { generation } = await this.#heads.read();
    const inUse = new Set(Object.values(generation?.tables ?? {}));
    const commits = entries.map(({ commit }) => commit);
    for (const name of new Set(entries.flatMap(({ tables }) => tables.map(({ name: table }) => table)))) {
      if (inUse.has(name)) await forgetEnded(this.#database.table(name), commits);
    }
  }

  // What writers staged and then neither logged nor took back. There is little of it, and it costs a scan: once a process.
  async #sweep(until: number): Promise<void> {
    if (this.#swept) return;
    this.#swept = true;
    const { generation } = await this.#heads.read();
    for (const name of Object.values(generation?.tables ?? {})) {
      await this.#database.table(name).deleteMany({ from: forever, base: { $lt: until } });
    }
  }

  async #dropUnused(until: number): Promise<void> {
    const { generation, since } = await this.#heads.read();
    if (generation === undefined || since > until) return;
    const inUse = new Set(Object.values(generation.tables));
    const oldest = this.#tuning.now() - unusedTableMs;
    const all = await this.#database.db.listCollections({}, { nameOnly: true }).toArray();
    const unused = all
      .map(({ name }) => name)
      .filter((name) => !inUse.has(name) && (tableMadeAt(name) ?? oldest) < oldest);
    await dropTables(this.#database, unused);
  }
}

// Takes away what these commits ended, and what only says that something was taken away.
async function forgetEnded(table: MongoCollection<VersionRecord>, commits: readonly string[]): Promise<void> {
  const own = await table
    .find({ commit: { $in: [...commits] }, version: { $gt: 1 } })
    .project<Required<Pick<VersionRecord, '_id' | 'replaces' | 'to'>>>({ replaces: 1, to: 1 })
    .toArray();
  const isOwn = new Set(own.map(({ _id }) => _id));
  const ended = own.map(({ replaces }) => replaces._id);
  // Those of earlier commits first: the own ones tell which they are, should this be interrupted and done again.
  await deleteAll(
    table,
    ended.filter((_id) => !isOwn.has(_id)),
  );
  await deleteAll(table, [
    ...ended.filter((_id) => isOwn.has(_id)),
    ...own.filter(({ to }) => to === 0).map(({ _id }) => _id),
  ]);
}

async function deleteAll(table: MongoCollection<VersionRecord>, ids: readonly string[]): Promise<void> {
  for (let at = 0; at < ids.length; at += idsAtOnce) {
    await table.deleteMany({ _id: { $in: ids.slice(at, at + idsAtOnce) } });
  }
}
