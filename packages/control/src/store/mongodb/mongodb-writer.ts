import { randomUUID } from 'node:crypto';
import type { PreparedWrite } from '../prepare-commit.ts';
import { checkExpectations } from '../prepare-commit.ts';
import { StoreUnavailableError } from '../store.ts';
import type { CommitLog } from './commit-log.ts';
import type { Tip, TipReader } from './tip.ts';
import { tableOf } from './tip.ts';
import { insertInParts, refuseTooLarge } from './insert-in-parts.ts';
import type { Presence, Present } from './presence.ts';
import { findPresent, refuseTaken } from './presence.ts';
import type { Database, VersionRecord } from './records.ts';
import { forever, partSize, presentFields } from './records.ts';
import type { Tuning } from './tuning.ts';

export interface CommitterParts {
  readonly database: Database;
  readonly tips: TipReader;
  readonly log: CommitLog;
  readonly tuning: Tuning;
}

/** Commits writes by the protocol at the top of commit-log.ts. */
export class Committer {
  readonly #parts: CommitterParts;

  constructor(parts: CommitterParts) {
    this.#parts = parts;
  }

  /**
   * Commits writes, and returns the sequence of the store afterwards. `deadline` is in the time of `tuning.elapsed`. Rejects with a
   * ConflictError, or with a StoreUnavailableError when too many others commit at the same time.
   */
  async commit(writes: readonly PreparedWrite[], deadline: number): Promise<number> {
    const { tips, log, tuning } = this.#parts;
    for (let attempt = 0; tuning.elapsed() <= deadline; attempt++) {
      if (attempt > 0) await tuning.pause(Math.min(attempt * 5, 50) * tuning.random());
      const tip = await tips.read();
      const sequence = await this.#attempt(tip, writes);
      if (sequence !== undefined) return sequence;
      await log.settle(tip.sequence + 1, deadline);
    }
    throw new StoreUnavailableError('MongoDB: too many commits at once, or one that takes too long');
  }

  async #attempt(tip: Tip, writes: readonly PreparedWrite[]): Promise<number | undefined> {
    const { database, log, tuning } = this.#parts;
    const present = await findPresent({ database, tip }, writes);
    checkExpectations(writes, { versionOf: ({ name }, id) => present.get(name)?.get(id)?.version });
    await refuseTaken({ database, tip }, writes);
    const commit = randomUUID();
    const staged = stage(tip, commit, { writes, present });
    if (staged.size === 0) return tip.sequence;
    const tables = [...staged].map(([name, { length }]) => ({ name, parts: Math.ceil(length / partSize) }));
    await Promise.all([...staged].map(([table, records]) => insertInParts(database.table(table), records)));
    await tuning.reached('staged');
    const entry = { commit, tables };
    if (!(await log.append(tip.sequence + 1, entry))) {
      await Promise.all(tables.map(({ name }) => database.table(name).deleteMany({ commit })));
      return undefined;
    }
    await tuning.reached('logged');
    await log.apply(tip, entry);
    return tip.sequence + 1;
  }
}

interface Judged {
  readonly writes: readonly PreparedWrite[];
  readonly present: Presence;
}

// The new versions by table. Removing an absent document needs none.
function stage(tip: Tip, commit: string, { writes, present }: Judged): Map<string, VersionRecord[]> {
  const staged = new Map<string, VersionRecord[]>();
  for (const { kind, collection, id, text, fields } of writes) {
    const replaced = present.get(collection.name)?.get(id);
    if (kind === 'check' || (kind === 'remove' && replaced === undefined)) continue;
    refuseTooLarge(collection.name, id, text);
    const table = tableOf(tip, collection.name);
    const records = staged.get(table) ?? [];
    staged.set(table, records);
    records.push({
      _id: `${commit}/${id}`,
      commit,
      part: Math.floor(records.length / partSize),
      base: tip.sequence,
      id,
      version: (replaced?.version ?? 0) + 1,
      ...(replaced !== undefined && { replaces: placeOf(replaced) }),
      from: forever,
      to: kind === 'remove' ? 0 : forever,
      ...presentFields(fields),
      body: text,
    });
  }
  return staged;
}

function placeOf({ _id, commit, part }: Present): VersionRecord['replaces'] & {} {
  return { _id, commit, part };
}
