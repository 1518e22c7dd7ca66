import { isOneLine } from '@sluice/model';
import { InvalidInputError } from './errors.ts';

/** A time in the future as it is stored: ISO 8601, UTC, milliseconds. Throws an InvalidInputError. */
export function futureTime(field: string, text: string, now: number): string {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new InvalidInputError(field, 'must be a time such as 2030-01-31T12:00:00Z');
  if (time <= now) throw new InvalidInputError(field, 'must be in the future');
  return new Date(time).toISOString();
}

/** Whether there is a time, and it has passed. */
export function hasPassed(time: string | undefined, now: number): boolean {
  return time !== undefined && Date.parse(time) <= now;
}

/** One line of text. Throws an InvalidInputError. */
export function checkLine(field: string, text: string, least: 0 | 1, most = 128): string {
  if (text.length < least || text.length > most) {
    throw new InvalidInputError(field, `must have ${least} to ${most} characters`);
  }
  if (!isOneLine(text)) throw new InvalidInputError(field, 'must be one line without control characters');
  return text;
}
