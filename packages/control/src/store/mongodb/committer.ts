import { randomUUID } from 'node:crypto';
import type { PreparedWrite } from '../prepare-commit.ts';
import { judgeExpectations } from '../prepare-commit.ts';
import { StoreUnavailableError } from '../store.ts';
import type { CommitLog } from './commit-log.ts';
import type { Head, HeadReader } from './head.ts';
import { tableOf } from './head.ts';
import { insertInParts, refuseTooLarge } from './insert-in-parts.ts';
import type { Presence, Present } from './judge.ts';
import { findPresent, refuseTaken } from './judge.ts';
import type { Database, VersionRecord } from './records.ts';
import { forever, partSize, presentFields } from './records.ts';
import type { Tuning } from './tuning.ts';

/** What a committer works with. */
export interface CommitterParts {
  readonly database: Database;
  readonly heads: HeadReader;
  readonly log: CommitLog;
  readonly tuning: Tuning;
}

/** Commits writes, by the protocol at the top of commit-log.ts. */
export class Committer {
  readonly #parts: CommitterParts;

  constructor(parts: CommitterParts) {
    this.#parts = parts;
  }

  /**
   * Commits writes and gives the sequence that the store had or has now; `deadline` is in the time of `tuning.elapsed`. Rejects
   * with a ConflictError, or with a StoreUnavailableError when too many others commit as well.
   */
  async commit(writes: readonly PreparedWrite[], deadline: number): Promise<number> {
    const { heads, log, tuning } = this.#parts;
    for (let attempt = 0; tuning.elapsed() <= deadline; attempt++) {
      if (attempt > 0) await tuning.pause(Math.min(attempt * 5, 50) * tuning.random());
      const head = await heads.read();
      const sequence = await this.#attempt(head, writes);
      if (sequence !== undefined) return sequence;
      await log.settle(head.sequence + 1, deadline);
    }
    throw new StoreUnavailableError('MongoDB: too many commits at once, or one that takes too long');
  }

  async #attempt(head: Head, writes: readonly PreparedWrite[]): Promise<number | undefined> {
    const { database, log, tuning } = this.#parts;
    const present = await findPresent({ database, head }, writes);
    judgeExpectations(writes, { versionOf: ({ name }, id) => present.get(name)?.get(id)?.version });
    await refuseTaken({ database, head }, writes);
    const commit = randomUUID();
    const staged = stage(head, commit, { writes, present });
    if (staged.size === 0) return head.sequence;
    const tables = [...staged].map(([name, { length }]) => ({ name, parts: Math.ceil(length / partSize) }));
    await Promise.all([...staged].map(([table, records]) => insertInParts(database.table(table), records)));
    await tuning.reached('staged');
    const entry = { commit, tables };
    if (!(await log.append(head.sequence + 1, entry))) {
      await Promise.all(tables.map(({ name }) => database.table(name).deleteMany({ commit })));
      return undefined;
    }
    await tuning.reached('logged');
    await log.apply(head, entry);
    return head.sequence + 1;
  }
}

interface Judged {
  readonly writes: readonly PreparedWrite[];
  readonly present: Presence;
}

// The new versions by table. To take away what is not there needs none.
function stage(head: Head, commit: string, { writes, present }: Judged): Map<string, VersionRecord[]> {
  const staged = new Map<string, VersionRecord[]>();
  for (const { kind, collection, id, text, fields } of writes) {
    const replaced = present.get(collection.name)?.get(id);
    if (kind === 'check' || (kind === 'remove' && replaced === undefined)) continue;
    refuseTooLarge(collection.name, id, text);
    const table = tableOf(head, collection.name);
    const records = staged.get(table) ?? [];
    staged.set(table, records);
    records.push({
      _id: `${commit}/${id}`,
      commit,
      part: Math.floor(records.length / partSize),
      base: head.sequence,
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
