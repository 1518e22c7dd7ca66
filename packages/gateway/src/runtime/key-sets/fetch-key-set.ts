import { HelperError } from '../../policy/helper/helper-error.ts';
import { sendQuestion } from '../../policy/helper/send-question.ts';

/** What a host answered. */
export interface FetchedText {
  readonly text: string;
  /** How long it says that the text is good, in milliseconds; undefined when it says nothing. */
  readonly maxAgeMs: number | undefined;
}

/** A key set that cannot be had. The message has the origin of the address alone, whose query may hold a secret, and nothing of the answer. */
export class KeySetFault extends Error {
  override readonly name = 'KeySetFault';
}

export interface KeySetRequest {
  readonly url: string;
  /** PEM text of the authorities to trust instead of the usual ones. */
  readonly ca: string | undefined;
  /** Until the answer is complete. */
  readonly timeoutMs?: number;
}

/** Fetches a key set; replaced in tests. Rejects with a KeySetFault. */
export type FetchKeySet = (request: KeySetRequest) => Promise<FetchedText>;

const usualTimeoutMs = 5_000;
const mostBytes = 256 * 1024;

/**
 * Fetches a key set. Redirects are not followed: keys come from the address that the configuration names, and from no other
 * that somebody on the way may choose.
 */
export async function fetchKeySet({ url, ca, timeoutMs = usualTimeoutMs }: KeySetRequest): Promise<FetchedText> {
  const headers = { accept: 'application/jwk-set+json, application/json' };
  try {
    // A connection of its own: one of a pool may be dead by the time of the next fetch.
    const options = { agent: false, ca, timeoutMs, mostBytes } as const;
    const { status, body, fields } = await sendQuestion({ url: new URL(url), method: 'GET', headers }, options);
    if (status !== 200) throw new KeySetFault(statusText(status));
    return { text: body.toString('utf8'), maxAgeMs: maxAgeOf(fields('cache-control').join(', ')) };
  } catch (error) {
    throw error instanceof HelperError ? new KeySetFault(error.message, { cause: error }) : error;
  }
}

function statusText(status: number): string {
  const isRedirect = status >= 300 && status < 400;
  return `the host answers ${status}${isRedirect ? '; redirects are not followed: name the address it leads to' : ''}`;
}

/** RFC 9111 §5.2.2.1. `no-store` and `no-cache` count as an age of 0. */
function maxAgeOf(cacheControl: string): number | undefined {
  if (/(?:^|[\s,])no-(?:store|cache)(?:$|[\s,=])/i.test(cacheControl)) return 0;
  const seconds = /(?:^|[\s,])max-age="?(\d{1,10})/i.exec(cacheControl)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
