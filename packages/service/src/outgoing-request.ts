import { codeOf } from './caught-error.ts';
import type { Clock } from './clock.ts';

/** Like the global `fetch`; replaced in tests. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** A request to a configured server. */
export interface OutgoingRequest {
  /** Contains no credentials: the schemas refuse them. */
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Until the answer is complete, in milliseconds. */
  readonly timeoutMs: number;
  /** How much of the answer's body is read. The rest is discarded. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface OutgoingContext {
  readonly clock: Clock;
  readonly fetch?: Fetch | undefined;
}

export interface OutgoingAnswer {
  readonly status: number;
  /** The beginning of the body, as text. */
  readonly body: string;
}

/** There was no answer. The message contains no URL and no credentials, because both may be secret. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

/** Sends a request and reads the answer. Does not follow redirects. Rejects with a NoAnswerError only. */
export async function sendRequest(request: OutgoingRequest, context: OutgoingContext): Promise<OutgoingAnswer> {
  const { timeoutMs, signal, maxBytes } = request;
  const abort = new AbortController();
  let timedOut = false;
  const cancel = context.clock.after(timeoutMs, () => {
    timedOut = true;
    abort.abort();
  });
  const giveUp = (): void => abort.abort();
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  try {
    const response = await send(request, context, abort.signal);
    return { status: response.status, body: await beginningOf(response, maxBytes) };
  } catch (error) {
    throw new NoAnswerError(timedOut ? `no answer within ${timeoutMs} ms` : reasonOf(error, signal));
  } finally {
    cancel();
    signal.removeEventListener('abort', giveUp);
  }
}

function send(
  { url, method, headers, body }: OutgoingRequest,
  { fetch: injected }: OutgoingContext,
  signal: AbortSignal,
): Promise<Response> {
  const ask: Fetch = injected ?? ((where, init) => fetch(where, init));
  const init = { method, headers: { 'user-agent': 'sluice', ...headers }, redirect: 'manual', signal } as const;
  return ask(url, body === undefined ? init : { ...init, body });
}

async function beginningOf(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop closes the connection.
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8');
}

function reasonOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'given up';
  const code = codeOf(error) ?? (error instanceof Error ? codeOf(error.cause) : undefined);
  return code !== undefined && /^[\w-]{1,64}$/.test(code) ? `the exchange failed (${code})` : 'the exchange failed';
}
