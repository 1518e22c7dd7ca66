import type { SqlDialect } from '../sql/dialect.ts';
import { quoted } from '../sql/dialect.ts';

/** The SQL of SQLite, which compares text by the bytes of UTF-8 and has no boolean type. */
export const sqliteDialect: SqlDialect = {
  columnTypes: { text: 'text', number: 'real', boolean: 'integer' },
  absentFirst: '',
  parameter: (n) => `?${n}`,
  table: quoted,
  value: (value) => (typeof value === 'boolean' ? Number(value) : value),
  // One parameter for any number of values, so that the statement stays the same.
  isOneOf: (column, parameter) => `${column} IN (SELECT value FROM json_each(${parameter}))`,
  list: (values) => JSON.stringify(values),
  findTable: (name) => ({ sql: "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1", parameters: [name] }),
};
