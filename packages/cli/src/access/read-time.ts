import { formatDuration, parseDuration } from '@sluice/model';
import { UsageError } from '../command/command.ts';

/** Days are common here, but the durations of the configuration have none. */
const days = /^(\d{1,5})d$/;
const iso = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;

/** A length of time in milliseconds: `90d`, `1h`, `PT5M`; undefined for anything else. */
function lengthOf(text: string): number | undefined {
  const count = days.exec(text)?.[1];
  return count === undefined ? parseDuration(text) : Number(count) * 86_400_000;
}

/** A time in the past: a length of time ago (`1h`, `7d`), or a date (`2026-01-31`, or with a time). ISO 8601 in UTC. */
export function readPast(flag: string, text: string, now: number): string {
  return readTime(flag, text, (length) => now - length);
}

/** A time in the future: after a length of time (`90d`), or a date. ISO 8601 in UTC. */
export function readFuture(flag: string, text: string, now: number): string {
  const time = readTime(flag, text, (length) => now + length);
  if (Date.parse(time) <= now) throw new UsageError(`--${flag}: ${text} is in the past`);
  return time;
}

function readTime(flag: string, text: string, from: (length: number) => number): string {
  const length = lengthOf(text);
  const time = length === undefined ? dateOf(text) : from(length);
  if (time === undefined || Number.isNaN(time) || Math.abs(time) > 8.64e15) {
    throw new UsageError(
      `--${flag}: expected a length of time such as ${formatDuration(3_600_000)} or 7d, or a date such as 2026-01-31T08:00Z`,
    );
  }
  return new Date(time).toISOString();
}

/** UTC where no zone is given, as everywhere in Sluice. */
function dateOf(text: string): number | undefined {
  if (!iso.test(text)) return undefined;
  const hasZone = !text.includes('T') || /(?:Z|[+-]\d{2}:\d{2})$/.test(text);
  return Date.parse(hasZone ? text : `${text}Z`);
}
