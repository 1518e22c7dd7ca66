import { codeOf } from '@sluice/service';
import type { Clock } from '@sluice/service';

/** Sends requests as the global `fetch` does; replaced in tests. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** One request to a server that somebody configured. */
export interface OutgoingRequest {
  /** Without credentials: the schemas refuse them. */
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Until the answer is complete, in milliseconds. */
  readonly timeoutMs: number;
  /** How much of the answer is read; what follows is thrown away. */
  readonly maxBytes: number;
  /** Gives it up. */
  readonly signal: AbortSignal;
}

/** What sends requests. */
export interface OutgoingContext {
  readonly clock: Clock;
  readonly fetch?: Fetch | undefined;
}

/** What came back. */
export interface OutgoingAnswer {
  readonly status: number;
  /** The beginning of it, as text. */
  readonly body: string;
}

/** There is no answer. The message names neither address nor credentials: both may be secret. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

/** Sends a request and reads the answer; redirects are answers, not followed. Rejects with a NoAnswerError only. */
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
  // Leaving the loop lets go of the rest, and of the connection with it.
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
