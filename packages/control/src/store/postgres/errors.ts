import { DatabaseError } from 'pg';
import { StoreUnavailableError } from '../store.ts';

// Classes and codes of https://www.postgresql.org/docs/current/errcodes-appendix.html that say that the server, not what was
// asked of it, is the trouble: connection, authorization, resources, intervention, system error; no such database, read-only
// (a standby), idle for too long, a lock not obtained.
const unavailable = /^(08|28|53|57|58)|^(3D000|25006|25P03|55P03)$/;
const serializationFailure = '40001';
const deadlock = '40P01';
const uniqueViolation = '23505';

/** What went wrong, as an error of the store; what is not the server's trouble stays as it is. */
export function asStoreError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof StoreUnavailableError) return error;
  if (error instanceof DatabaseError) {
    if (!unavailable.test(error.code ?? '')) return error;
    return new StoreUnavailableError(`PostgreSQL: ${error.message}`, { cause: error });
  }
  // A mistake of ours; what remains are sockets, TLS and timers of the library, which have no class of their own.
  if (error instanceof TypeError || error instanceof RangeError) return error;
  const { code = 'no connection' } = error as NodeJS.ErrnoException;
  return new StoreUnavailableError(`PostgreSQL: ${error.message || code}`, { cause: error });
}

/** Whether the same commit may well succeed when it is tried again: it lost against another one. */
export function lostRace(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return false;
  if (error.code === serializationFailure || error.code === deadlock) return true;
  return error.code === uniqueViolation && isPrimaryKey(error);
}

/** What was taken when PostgreSQL refused a row: a field's value, or, without a field, the id. */
export interface Taken {
  readonly field: string | undefined;
  /** Whether the refused value was this one, as far as PostgreSQL tells. */
  is(value: string): boolean;
}

/** What was taken; undefined when the error is another one. */
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
