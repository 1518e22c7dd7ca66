import { UsageError } from './command.ts';

/** The value of --limit. Throws a UsageError. */
export function readLimit(text: string | undefined, { usual, most }: { usual: number; most: number }): number {
  if (text === undefined) return usual;
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > most) throw new UsageError(`--limit: expected a number from 1 to ${most}`);
  return limit;
}
