/** Writes the response fields that say how a limit stands, each ending in CR LF. `reset` is in seconds. */
export type WriteLimitFields = (remaining: number, reset: number) => string;

/** What a limit says of itself in the fields. */
interface NamedLimit {
  /** The most requests at once. */
  readonly most: number;
  /** Its name in `RateLimit` and `RateLimit-Policy`. */
  readonly name: string;
}

/**
 * Prepares the usual fields, and those of draft-ietf-httpapi-ratelimit-headers-10, which are structured fields (RFC 9651).
 * `policy` is the value of `RateLimit-Policy`.
 */
export function prepareLimitFields({ most, name }: NamedLimit, policy: string): WriteLimitFields {
  const first = joined(`X-RateLimit-Limit: ${most}\r\nRateLimit-Policy: ${policy}\r\nX-RateLimit-Remaining: `);
  // perf: the texts with the seconds are made again only when these change; see "local limit" in compile/policies.bench.ts.
  let [secondsIn, middle, last] = [-1, '', ''];
  return (remaining, reset) => {
    if (reset !== secondsIn) {
      secondsIn = reset;
      middle = joined(`\r\nX-RateLimit-Reset: ${reset}\r\nRateLimit: "${name}";r=`);
      last = joined(`;t=${reset}\r\n`);
    }
    return first + remaining + middle + remaining + last;
  };
}

// perf: a template is a tree of its pieces, which is copied together anew each time that it becomes part of a head.
function joined(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/** The fields of limits of which nobody has asked how they stand. */
export function fieldsWithoutStanding(most: number, policy: string): string {
  return `X-RateLimit-Limit: ${most}\r\nRateLimit-Policy: ${policy}\r\n`;
}
