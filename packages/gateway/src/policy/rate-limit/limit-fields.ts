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
  const first = `X-RateLimit-Limit: ${most}\r\nX-RateLimit-Remaining: `;
  const second = `\r\nRateLimit: "${name}";r=`;
  const last = `\r\nRateLimit-Policy: ${policy}\r\n`;
  return (remaining, reset) =>
    `${first}${remaining}\r\nX-RateLimit-Reset: ${reset}${second}${remaining};t=${reset}${last}`;
}

/** The fields of limits of which nobody has asked how they stand. */
export function fieldsWithoutStanding(most: number, policy: string): string {
  return `X-RateLimit-Limit: ${most}\r\nRateLimit-Policy: ${policy}\r\n`;
}
