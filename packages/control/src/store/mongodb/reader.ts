import type { Filter } from 'mongodb';
import type { PreparedCondition, PreparedQuery } from '../prepare-query.ts';
import type { Body, Collection, Found, Stored } from '../store.ts';
import { StoreUnavailableError } from '../store.ts';
import type { CommitLog } from './commit-log.ts';
import type { Tip, TipReader } from './tip.ts';
import { tableOf } from './tip.ts';
import type { Database, VersionRecord } from './records.ts';
import { fieldKey, visibleAt } from './records.ts';
import type { Tuning } from './tuning.ts';

type Conditions = Filter<VersionRecord>;
type Content = Pick<VersionRecord, 'id' | 'version' | 'body'>;

const content = { _id: 0, id: 1, version: 1, body: 1 } as const;
const keptTotals = 100;

/** Answers questions, each about one moment. */
export class Reader {
  readonly #database: Database;
  readonly #tips: TipReader;
  readonly #log: CommitLog;
  readonly #tuning: Tuning;
  /** The totals of recent questions. A state does not change, and every page of a list asks for the same total. */
  readonly #totals = new Map<string, number>();

  constructor(parts: { database: Database; tips: TipReader; log: CommitLog; tuning: Tuning }) {
    this.#database = parts.database;
    this.#tips = parts.tips;
    this.#log = parts.log;
    this.#tuning = parts.tuning;
  }

  async get({ name }: Collection, id: string): Promise<Stored | undefined> {
    return this.#atTip(async (tip) => {
      const record = await this.#find(tip, name, { id }).limit(1).next();
      return record === null ? undefined : document(record);
    });
  }

  async find({ name }: Collection, query: PreparedQuery): Promise<Found> {
    const { orderBy, descending, limit, offset } = query;
    const conditions = conditionsOf(query.conditions);
    const direction = descending ? -1 : 1;
    const sort: [string, 1 | -1][] = orderBy === 'id' ? [] : [[fieldKey(orderBy), direction]];
    return this.#atTip(async (tip) => {
      const found = this.#find(tip, name, conditions).sort([...sort, ['id', direction]]);
      const page = await found.skip(offset).limit(limit).batchSize(limit).toArray();
      const isLast = page.length < limit && (page.length > 0 || offset === 0);
      const total = isLast ? offset + page.length : await this.#total(tip, name, conditions);
      return { items: page.map(document), total };
    });
  }

  // Answers a question about the newest state. Asks again when the answer took so long that old versions may be gone.
  async #atTip<T>(question: (tip: Tip) => Promise<T>): Promise<T> {
    for (let attempt = 0; attempt < 5; attempt++) {
      const start = this.#tuning.elapsed();
      const tip = await this.#tips.read();
      const [answer, isOverdue] = await Promise.all([question(tip), this.#log.overdue(tip.sequence + 1)]);
      if (isOverdue) await this.#log.rollForward(tip.sequence + 1);
      else if (this.#tuning.elapsed() - start < this.#tuning.keepMs / 2) return answer;
    }
    throw new StoreUnavailableError('MongoDB does not answer in time');
  }

  #find(tip: Tip, collection: string, conditions: Conditions) {
    return this.#database
      .table(tableOf(tip, collection))
      .find({ ...conditions, ...visibleAt(tip.sequence) })
      .project<Content>(content);
  }

  async #total(tip: Tip, collection: string, conditions: Conditions): Promise<number> {
    const key = JSON.stringify([tip.sequence, collection, conditions]);
    const known = this.#totals.get(key);
    if (known !== undefined) return known;
    const table = this.#database.table(tableOf(tip, collection));
    const total = await table.countDocuments({ ...conditions, ...visibleAt(tip.sequence) });
    this.#totals.set(key, total);
    const [oldest] = this.#totals.keys();
    if (this.#totals.size > keptTotals && oldest !== undefined) this.#totals.delete(oldest);
    return total;
  }
}

export function document({ id, version, body }: Content): Stored {
  return { id, version, body: JSON.parse(body) as Body };
}

function conditionsOf(conditions: readonly PreparedCondition[]): Conditions {
  const all = conditions.map((condition) => {
    const field = condition.field === 'id' ? 'id' : fieldKey(condition.field);
    return [field, conditionOf(condition)];
  });
  return Object.fromEntries(all) as Conditions;
}

function conditionOf(condition: PreparedCondition): object {
  switch (condition.kind) {
    case 'equals':
      return { $eq: condition.value };
    case 'in':
      return { $in: condition.values };
    case 'range': {
      const { atLeast, below } = condition;
      if (atLeast === undefined && below === undefined) return { $exists: true };
      return { ...(atLeast !== undefined && { $gte: atLeast }), ...(below !== undefined && { $lt: below }) };
    }
  }
}
