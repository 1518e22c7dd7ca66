import { z } from 'zod';

const shortForm = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;
const isoForm = /^PT(?=\d)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?$/;
const unitMilliseconds = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const expectation = 'expected a duration such as 250ms, 5s, 1m, 2h or PT5M';

/** Longest duration that a timer can wait: setTimeout takes 2^31 - 1 ms, a little more than 24 days. */
export const longestTimer = 2_147_483_647;

const dayMilliseconds = 86_400_000;

/** Milliseconds of `250ms`, `5s`, `1m`, `2h` or ISO 8601 `PT1H2M3S`; undefined when it is none of them. */
export function parseDuration(text: string): number | undefined {
  const short = shortForm.exec(text);
  if (short) return Math.round(Number(short[1]) * unitMilliseconds[short[2] as keyof typeof unitMilliseconds]);
  const iso = isoForm.exec(text);
  if (!iso) return undefined;
  const [hours, minutes, seconds] = [iso[1], iso[2], iso[3]].map((part) => Number(part ?? 0));
  return Math.round(hours * 3_600_000 + minutes * 60_000 + seconds * 1_000);
}

/** The text of whole milliseconds in the largest unit that says them exactly: `30s`, `1500ms`, `5m`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s';
  for (const unit of ['h', 'm', 's'] as const) {
    const count = milliseconds / unitMilliseconds[unit];
    if (Number.isInteger(count)) return `${count}${unit}`;
  }
  return `${milliseconds}ms`;
}

/** How to write what people write as a duration elsewhere: `30 sec`, `1d`, `5M`. */
function durationFix(text: string): string {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  if (count === undefined) return '';
  if (unit === '') return `; a number needs a unit, as in ${count}s`;
  if (/^d(?:ays?)?$/i.test(unit)) return `; write ${Number(count) * 24}h`;
  const known = otherUnits.find(([pattern]) => pattern.test(unit));
  return known === undefined ? '' : `; write ${count}${known[1]}`;
}

const otherUnits: readonly (readonly [RegExp, keyof typeof unitMilliseconds])[] = [
  [/^(?:ms|msecs?|millis|milliseconds?)$/i, 'ms'],
  [/^(?:s|secs?|seconds?)$/i, 's'],
  [/^(?:m|mins?|minutes?)$/i, 'm'],
  [/^(?:h|hrs?|hours?)$/i, 'h'],
];

/**
 * Schema of a duration: text in, milliseconds out. `shortest` and `longest` are the bounds in milliseconds; whoever
 * takes more than `longestTimer` may not hand the value to a timer.
 */
export function duration(shortest = 1, longest = longestTimer) {
  const text = z
    .string({
      error: ({ input }) =>
        `${expectation}${typeof input === 'number' ? `; a number needs a unit, as in ${input}s` : ''}`,
    })
    .regex(/^(\d+(\.\d+)?(ms|s|m|h)|PT(\d+(\.\d+)?H)?(\d+(\.\d+)?M)?(\d+(\.\d+)?S)?)$/, {
      error: ({ input }) => `${expectation}${durationFix(String(input))}`,
    });
  const milliseconds = z
    .number({ error: expectation })
    .min(shortest, { error: `too short: at least ${shortest}ms` })
    .max(longest, { error: `too long: at most ${Math.floor(longest / dayMilliseconds)} days` });
  return z.codec(text, milliseconds, { decode: (value) => parseDuration(value) ?? Number.NaN, encode: formatDuration });
}
