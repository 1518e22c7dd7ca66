import type { FieldValue } from '../catalogue.ts';
import type { FieldType } from '../store.ts';

/** A row of an answer, by column. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** A connection that statements are sent over, one after the other. */
export interface SqlSession {
  /** Rejects with what the database says. */
  query(sql: string, parameters?: readonly unknown[]): Promise<readonly SqlRow[]>;
}

/** In what SQLite and PostgreSQL differ. */
export interface SqlDialect {
  readonly columnTypes: Readonly<Record<FieldType, string>>;
  /** What an index says so that what is absent comes first; empty where it always does. */
  readonly absentFirst: string;
  /** How parameter `n`, from 1 on, stands in a statement. */
  parameter(n: number): string;
  /** A table's name as it stands in a statement. */
  table(name: string): string;
  /** A field's value as it is handed to the database. */
  value(value: FieldValue): unknown;
  /** That a column has one of the values of a list, which is one parameter. */
  isOneOf(column: string, parameter: string): string;
  /** A list as it is handed to the database. */
  list(values: readonly FieldValue[]): unknown;
  /** Gives a row when there is a table of this name. */
  findTable(name: string): { readonly sql: string; readonly parameters: readonly unknown[] };
}

/** A name in quotes, so that it may be a word of SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The name of the index of a field. */
export function indexName(collection: string, field: string): string {
  return `${collection}_${field}`;
}
