import { codeOf } from '@sluice/service/caught-error';
import { request as requestHttp } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';

/** What a host answered. */
export interface FetchedText {
  readonly text: string;
  /** How long it says that the text is good, in milliseconds; undefined when it says nothing. */
  readonly maxAgeMs: number | undefined;
}

/** A key set that cannot be had. The message has no address, which may hold a secret, and nothing of the answer. */
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
export function fetchKeySet({ url, ca, timeoutMs = usualTimeoutMs }: KeySetRequest): Promise<FetchedText> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const late = `no complete answer within ${timeoutMs} ms`;
    const fail = (error: unknown): void => reject(signal.aborted ? new KeySetFault(late) : faultOf(error));
    const headers = { accept: 'application/jwk-set+json, application/json', 'user-agent': 'sluice' };
    // A connection of its own: one of a pool may be dead by the time of the next fetch.
    const options = { headers, signal, agent: false, ...(ca !== undefined && { ca }) };
    const send = url.startsWith('https:') ? requestHttps : requestHttp;
    const request = send(url, options, (response) => void readAnswer(response).then(resolve, fail));
    request.on('error', fail);
    request.end();
  });
}

async function readAnswer(response: IncomingMessage): Promise<FetchedText> {
  const { statusCode = 0, headers } = response;
  try {
    if (statusCode !== 200) throw new KeySetFault(statusText(statusCode));
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > mostBytes) throw new KeySetFault(`the answer is larger than ${mostBytes} bytes`);
    }
    return { text: Buffer.concat(chunks).toString('utf8'), maxAgeMs: maxAgeOf(headers['cache-control']) };
  } finally {
    response.destroy();
  }
}

function statusText(status: number): string {
  const isRedirect = status >= 300 && status < 400;
  return `the host answers ${status}${isRedirect ? '; redirects are not followed: name the address it leads to' : ''}`;
}

/** RFC 9111 §5.2.2.1. `no-store` and `no-cache` count as an age of 0. */
function maxAgeOf(cacheControl: string | undefined): number | undefined {
  if (cacheControl === undefined) return undefined;
  if (/(?:^|[\s,])no-(?:store|cache)(?:$|[\s,=])/i.test(cacheControl)) return 0;
  const seconds = /(?:^|[\s,])max-age="?(\d{1,10})/i.exec(cacheControl)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

function faultOf(error: unknown): KeySetFault {
  if (error instanceof KeySetFault) return error;
  const code = codeOf(error);
  const reason = code !== undefined && /^[\w-]{1,64}$/.test(code) ? ` (${code})` : '';
  return new KeySetFault(`the host cannot be reached${reason}`, { cause: error });
}
