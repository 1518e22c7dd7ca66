import { z } from 'zod';

const shortForm = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;
const isoForm = /^PT(?=\d)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?$/;
const unitMilliseconds = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const expectation = 'expected a duration such as 250ms, 5s, 1m, 2h or PT5M';

/** Longest duration: setTimeout takes 2^31 - 1 ms, and nothing here waits longer than 24 days. */
const longestMilliseconds = 2_147_483_647;

/** Milliseconds of `250ms`, `5s`, `1m`, `2h` or ISO 8601 `PT1H2M3S`; undefined when it is none of them. */
export function parseDuration(text: string): number | undefined {
  const short = shortForm.exec(text);
  if (short) return Math.round(Number(short[1]) * unitMilliseconds[short[2] as keyof typeof unitMilliseconds]);
  const iso = isoForm.exec(text);
  if (!iso) return undefined;
  const [hours, minutes, seconds] = [iso[1], iso[2], iso[3]].map((part) => Number(part ?? 0));
  return Math.round(hours * 3_600_000 + minutes * 60_000 + seconds * 1_000);
}

/** Schema of a duration: text in, milliseconds out. `min` is the shortest one accepted, in milliseconds. */
export function duration(min = 1) {
  return z
    .string({
      error: (issue) => `${expectation}${typeof issue.input === 'number' ? '; a bare number has no unit' : ''}`,
    })
    .regex(/^(\d+(\.\d+)?(ms|s|m|h)|PT(\d+(\.\d+)?H)?(\d+(\.\d+)?M)?(\d+(\.\d+)?S)?)$/, { error: expectation })
    .transform((text, context) => {
      const milliseconds = parseDuration(text);
      if (milliseconds === undefined) context.addIssue(expectation);
      else if (milliseconds < min) context.addIssue(`too short: at least ${min}ms`);
      else if (milliseconds > longestMilliseconds) context.addIssue('too long: at most 24 days');
      return milliseconds ?? z.NEVER;
    });
}
