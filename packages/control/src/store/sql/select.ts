import type { PreparedCondition, PreparedQuery } from '../prepare-query.ts';
import type { Body, Collection, Dumped, Found, Stored } from '../store.ts';
import type { SqlDialect, SqlRow } from './dialect.ts';
import { quoted } from './dialect.ts';

/** A statement with its parameters. Equal questions have equal text, so that they are prepared once. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

export function selectOne(dialect: SqlDialect, collection: Collection, id: string): Statement {
  const sql = `SELECT id, version, body FROM ${dialect.table(collection.name)} WHERE id = ${dialect.parameter(1)}`;
  return { sql, parameters: [id] };
}

/** Reads the documents after an id, in order of ids. The first page comes after the empty id, which no document has. */
function selectAfter(dialect: SqlDialect, collection: Collection, after: string, limit: number): Statement {
  const [id, count] = [dialect.parameter(1), dialect.parameter(2)];
  const table = dialect.table(collection.name);
  const sql = `SELECT id, version, body FROM ${table} WHERE id > ${id} ORDER BY id LIMIT ${count}`;
  return { sql, parameters: [after, limit] };
}

/** All documents of a collection in order of ids, page by page. */
export async function* pagesOf(
  ask: (statement: Statement) => Promise<readonly SqlRow[]>,
  { dialect, collection, size }: { dialect: SqlDialect; collection: Collection; size: number },
): AsyncIterable<readonly Stored[]> {
  for (let after = ''; ;) {
    const page = (await ask(selectAfter(dialect, collection, after, size))).map(documentOf);
    yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < size) return;
    after = last.id;
  }
}

/** Every document that is not transient, by collection and id. */
export async function* dumpAll(
  ask: (statement: Statement) => Promise<readonly SqlRow[]>,
  { dialect, collections, size }: { dialect: SqlDialect; collections: readonly Collection[]; size: number },
): AsyncIterable<Dumped> {
  for (const collection of collections.filter(({ transient }) => !transient)) {
    for await (const page of pagesOf(ask, { dialect, collection, size })) {
      for (const { id, version, body } of page) yield { collection: collection.name, id, version, body };
    }
  }
}

/**
 * Reads a page, and counts all documents that fulfil the conditions. One statement does both, so that they agree. The answer for
 * an empty page is one row without an id.
 */
export function selectPage(dialect: SqlDialect, collection: Collection, query: PreparedQuery): Statement {
  const parameters: unknown[] = [];
  const add = (value: unknown): string => dialect.parameter(parameters.push(value));
  const conditions = query.conditions.map((condition) => conditionSql(dialect, condition, add));
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const from = `FROM ${dialect.table(collection.name)}${where}`;
  const order = orderOf(query);
  const sort = quoted(query.orderBy);
  const sql =
    `SELECT counted.total, page.id, page.version, page.body FROM (SELECT count(*) AS total ${from}) AS counted ` +
    `LEFT JOIN (SELECT id, version, body, ${sort} AS sort ${from} ORDER BY ${order(sort, 'id')} ` +
    `LIMIT ${add(query.limit)} OFFSET ${add(query.offset)}) AS page ON true ` +
    `ORDER BY ${order('page.sort', 'page.id')}`;
  return { sql, parameters };
}

/** Reads the answer of `selectPage`. */
export function foundOf(rows: readonly SqlRow[]): Found {
  const items = rows.filter(({ id }) => id !== null).map(documentOf);
  return { items, total: Number(rows[0]?.['total']) };
}

/** The document in a row with id, version and body. */
export function documentOf(row: SqlRow): Stored {
  return { id: row['id'] as string, version: Number(row['version']), body: JSON.parse(row['body'] as string) as Body };
}

// Documents without the field come first, or last when descending. The indexes have the same order.
function orderOf({ orderBy, descending }: PreparedQuery): (sort: string, id: string) => string {
  const direction = descending ? 'DESC' : 'ASC';
  const absent = descending ? 'NULLS LAST' : 'NULLS FIRST';
  return (sort, id) => (orderBy === 'id' ? `${id} ${direction}` : `${sort} ${direction} ${absent}, ${id} ${direction}`);
}

function conditionSql(dialect: SqlDialect, condition: PreparedCondition, add: (value: unknown) => string): string {
  const column = quoted(condition.field);
  switch (condition.kind) {
    case 'equals':
      return `${column} = ${add(dialect.value(condition.value))}`;
    case 'in':
      return dialect.isOneOf(column, add(dialect.list(condition.values)));
    case 'range': {
      const { atLeast, below } = condition;
      const bounds = [
        ...(atLeast === undefined ? [] : [`${column} >= ${add(atLeast)}`]),
        ...(below === undefined ? [] : [`${column} < ${add(below)}`]),
      ];
      return bounds.length === 0 ? `${column} IS NOT NULL` : bounds.join(' AND ');
    }
  }
}
