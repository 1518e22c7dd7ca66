import { DatabaseError } from 'pg';
import { StoreUnavailableError } from '../store.ts';

// Error classes and codes (https://www.postgresql.org/docs/current/errcodes-appendix.html) that mean trouble with the server and
// not with the statement: connection, authorization, resources, intervention, system error; no such database, read-only (a
// standby), idle for too long, a lock not obtained.
const unavailable = /^(08|28|53|57|58)|^(3D000|25006|25P03|55P03)$/;
const serializationFailure = '40001';
const deadlock = '40P01';
const uniqueViolation = '23505';

/** Turns trouble with the server into a StoreUnavailableError. Other errors stay as they are. */
export function asStoreError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof StoreUnavailableError) return error;
  if (error instanceof DatabaseError) {
    if (!unavailable.test(error.code ?? '')) return error;
    return new StoreUnavailableError(`PostgreSQL: ${error.message}`, { cause: error });
  }
  // These are bugs. The others come from sockets, TLS and timers of the library, which have no class of their own.
  if (error instanceof TypeError || error instanceof RangeError) return error;
  const { code = 'no connection' } = error as NodeJS.ErrnoException;
  return new StoreUnavailableError(`PostgreSQL: ${error.message || code}`, { cause: error });
}

/** Whether the commit lost against another one, and may succeed when it is tried again. */
export function lostRace(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return false;
  if (error.code === serializationFailure || error.code === deadlock) return true;
  return error.code === uniqueViolation && isPrimaryKey(error);
}

/** What was taken when PostgreSQL refused a row: the value of a field or, without a field, the id. */
export interface Taken {
  readonly field: string | undefined;
  /** Whether this is the refused value, as far as PostgreSQL tells. */
  is(value: string): boolean;
}

/** What was taken; undefined for other errors. */
export function takenOf(error: unknown): Taken | undefined {
  if (!(error instanceof DatabaseError) || error.code !== uniqueViolation) return undefined;
  const { table = '', constraint = '', detail = '' } = error;
  // "Key (name)=(x) already exists.", in the language of the server; the index is named collection_field.
  return {
    field: isPrimaryKey(error) ? undefined : constraint.slice(table.length + 1),
    is: (value) => detail.includes(`)=(${value})`),
  };
}

function isPrimaryKey({ table, constraint }: DatabaseError): boolean {
  return constraint === `${table}_pkey`;
}
