import type { Collection as MongoCollection } from 'mongodb';
import { ignoreDuplicate } from './mongodb-errors.ts';
import { dropTables, tableMadeAt } from './table-set.ts';
import type { TipReader } from './tip.ts';
import type { CommitRecord, Database, VersionRecord } from './records.ts';
import { forever, sequenceKey } from './records.ts';
import type { Tuning } from './tuning.ts';

// A load may be filling an unused table, for 12 hours at most.
const unusedTableMs = 24 * 3_600_000;
const commitsAtOnce = 200;
const idsAtOnce = 1000;
// Every question searches `applied`, and only its last entry counts.
const appliedKept = 32;

/** Removes what nobody needs any more: versions that ended long ago, their log entries, and unused tables. */
export class Trimmer {
  readonly #database: Database;
  readonly #tips: TipReader;
  readonly #tuning: Tuning;
  /** Sequences, and when this process saw them applied, by its own clock. */
  readonly #history: { readonly sequence: number; readonly at: number }[] = [];
  #sinceTidied = 0;
  #swept = false;

  constructor(parts: { database: Database; tips: TipReader; tuning: Tuning }) {
    this.#database = parts.database;
    this.#tips = parts.tips;
    this.#tuning = parts.tuning;
  }

  /** Notes that a sequence is applied, and trims when it is time. */
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
    // The last entry stays, because the next one follows it.
    if (until !== undefined && until.sequence < sequence) await this.trim(until.sequence);
  }

  /** Removes old versions up to a sequence below the tip. */
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
    const { tableSet } = await this.#tips.read();
    const inUse = new Set(Object.values(tableSet?.tables ?? {}));
    const commits = entries.map(({ commit }) => commit);
    for (const name of new Set(entries.flatMap(({ tables }) => tables.map(({ name: table }) => table)))) {
      if (inUse.has(name)) await forgetEnded(this.#database.table(name), commits);
    }
  }

  // Removes versions that writers staged but neither logged nor removed. They are few and need a scan, so once in a process is enough.
  async #sweep(until: number): Promise<void> {
    if (this.#swept) return;
    this.#swept = true;
    const { tableSet } = await this.#tips.read();
    for (const name of Object.values(tableSet?.tables ?? {})) {
      await this.#database.table(name).deleteMany({ from: forever, base: { $lt: until } });
    }
  }

  async #dropUnused(until: number): Promise<void> {
    const { tableSet, since } = await this.#tips.read();
    if (tableSet === undefined || since > until) return;
    const inUse = new Set(Object.values(tableSet.tables));
    const oldest = this.#tuning.now() - unusedTableMs;
    const all = await this.#database.db.listCollections({}, { nameOnly: true }).toArray();
    const unused = all
      .map(({ name }) => name)
      .filter((name) => !inUse.has(name) && (tableMadeAt(name) ?? oldest) < oldest);
    await dropTables(this.#database, unused);
  }
}

// Removes the versions that these commits ended, and the versions that only mark a removal.
async function forgetEnded(table: MongoCollection<VersionRecord>, commits: readonly string[]): Promise<void> {
  const own = await table
    .find({ commit: { $in: [...commits] }, version: { $gt: 1 } })
    .project<Required<Pick<VersionRecord, '_id' | 'replaces' | 'to'>>>({ replaces: 1, to: 1 })
    .toArray();
  const isOwn = new Set(own.map(({ _id }) => _id));
  const ended = own.map(({ replaces }) => replaces._id);
  // The versions of earlier commits go first. If this is interrupted, the remaining ones tell which those are.
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
