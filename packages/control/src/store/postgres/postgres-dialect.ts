import type { FieldType } from '../store.ts';
import type { SqlDialect } from '../sql/dialect.ts';
import { quoted } from '../sql/dialect.ts';

/** The type of a list of values of a field. */
export const listTypes: Readonly<Record<FieldType, string>> = {
  text: 'text[]',
  number: 'double precision[]',
  boolean: 'boolean[]',
};

/** The SQL of PostgreSQL, for the tables of a schema. Without one, the first schema of the search path is used. */
export function createPostgresDialect(schema: string | undefined): SqlDialect {
  const table = (name: string): string => (schema === undefined ? quoted(name) : `${quoted(schema)}.${quoted(name)}`);
  return {
    // Compares by bytes, whatever the language of the database, so that all stores have the same order.
    columnTypes: { text: 'text COLLATE "C"', number: 'double precision', boolean: 'boolean' },
    absentFirst: ' NULLS FIRST',
    parameter: (n) => `$${n}`,
    table,
    value: (value) => value,
    isOneOf: (column, parameter) => `${column} = ANY(${parameter})`,
    list: (values) => values,
    findTable: (name) => ({ sql: 'SELECT 1 WHERE to_regclass($1) IS NOT NULL', parameters: [table(name)] }),
  };
}
