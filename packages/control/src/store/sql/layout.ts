import type { Collection, FieldType } from '../store.ts';
import type { SqlDialect } from './dialect.ts';
import { indexName, quoted } from './dialect.ts';

/** Makes the table of a collection, with a column and an index for each of these fields. The body is JSON text. */
export function createTable(dialect: SqlDialect, collection: Collection, fields: readonly string[]): readonly string[] {
  const columns = [
    `id ${dialect.columnTypes.text} NOT NULL PRIMARY KEY`,
    'version bigint NOT NULL',
    ...fields.map((field) => columnOf(dialect, collection, field)),
    'body text NOT NULL',
  ];
  return [
    `CREATE TABLE ${dialect.table(collection.name)} (${columns.join(', ')})`,
    ...fields.map((field) => createIndex(dialect, collection, field)),
  ];
}

/** Adds the column of a field, empty and without an index. */
export function addColumn(dialect: SqlDialect, collection: Collection, field: string): string {
  return `ALTER TABLE ${dialect.table(collection.name)} ADD COLUMN ${columnOf(dialect, collection, field)}`;
}

/** Makes the index of a field. Unless the field is unique, the index ends with the id, like the order of documents. */
export function createIndex(dialect: SqlDialect, collection: Collection, field: string): string {
  const unique = collection.unique.includes(field);
  const columns = `${quoted(field)} ASC${dialect.absentFirst}${unique ? '' : ', id ASC'}`;
  const name = quoted(indexName(collection.name, field));
  return `CREATE ${unique ? 'UNIQUE ' : ''}INDEX ${name} ON ${dialect.table(collection.name)} (${columns})`;
}

function columnOf(dialect: SqlDialect, collection: Collection, field: string): string {
  const type: FieldType | undefined = collection.fields[field];
  if (type === undefined) throw new Error(`${collection.name} has no field ${field}`);
  return `${quoted(field)} ${dialect.columnTypes[type]}`;
}
