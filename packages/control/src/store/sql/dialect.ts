import type { FieldValue } from '../catalogue.ts';
import type { FieldType } from '../store.ts';

/** A row, by column. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** A connection for statements, one after the other. */
export interface SqlSession {
  /** Rejects with the error of the database. */
  query(sql: string, parameters?: readonly unknown[]): Promise<readonly SqlRow[]>;
}

/** The differences between SQLite and PostgreSQL. */
export interface SqlDialect {
  readonly columnTypes: Readonly<Record<FieldType, string>>;
  /** The words that put absent values first in an index; empty where they always are. */
  readonly absentFirst: string;
  /** Parameter `n`, from 1 on, in a statement. */
  parameter(n: number): string;
  /** The name of a table in a statement. */
  table(name: string): string;
  /** A field's value as a parameter. */
  value(value: FieldValue): unknown;
  /** The condition that a column has one of the values of a list, which is one parameter. */
  isOneOf(column: string, parameter: string): string;
  /** A list as a parameter. */
  list(values: readonly FieldValue[]): unknown;
  /** Finds a row if there is a table with this name. */
  findTable(name: string): { readonly sql: string; readonly parameters: readonly unknown[] };
}

/** A name in quotes, so that it may be a keyword of SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function indexName(collection: string, field: string): string {
  return `${collection}_${field}`;
}
