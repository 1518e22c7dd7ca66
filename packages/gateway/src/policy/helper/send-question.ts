import { codeOf } from '@sluice/service/caught-error';
import type * as Http from 'node:http';
import type { Agent, IncomingMessage } from 'node:http';
import type * as Https from 'node:https';
import { HelperError } from './helper-error.ts';

/** What a helper is asked. */
export interface Question {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The whole answer of a helper. */
export interface HelperAnswer {
  readonly status: number;
  /** The values of a field, by its name in lower case, each a line of the answer. */
  fields(lowerCaseName: string): readonly string[];
  readonly body: Buffer;
}

/** How a question is sent. */
export interface SendOptions {
  /** The pool of connections; false for a connection of its own. */
  readonly agent: Agent | false;
  /** The authorities that verify the helper; undefined for the usual ones. */
  readonly ca: string | undefined;
  /** Until the whole answer is there, in milliseconds. */
  readonly timeoutMs: number;
  readonly mostBytes: number;
}

/** The module that speaks to this address. An import of it would load undici in every worker (see worker-imports.test.ts). */
export function speakerOf({ protocol }: URL): typeof Http | typeof Https {
  return protocol === 'https:' ? process.getBuiltinModule('node:https') : process.getBuiltinModule('node:http');
}

/** Asks once, and follows no redirect. Rejects with a HelperError only. */
export async function sendQuestion(question: Question, options: SendOptions): Promise<HelperAnswer> {
  const until = performance.now() + options.timeoutMs;
  try {
    return await attempt(question, options);
  } catch (error) {
    if (!(error instanceof StaleConnection)) throw error;
    // The helper closed an idle connection at the moment it was used again.
    return attempt(question, { ...options, timeoutMs: Math.max(1, until - performance.now()) });
  }
}

class StaleConnection extends HelperError {}

function attempt(question: Question, { agent, ca, timeoutMs, mostBytes }: SendOptions): Promise<HelperAnswer> {
  const { url, method, headers, body } = question;
  const { origin } = url;
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const request = speakerOf(url).request(url, {
      method,
      agent,
      headers: { 'user-agent': 'sluice', 'accept-encoding': 'identity', ...headers, ...length },
      ...(ca !== undefined && { ca }),
    });
    // Without an error of its own: a socket that has just become idle would throw it.
    const giveUp = (reason: string): void => {
      reject(new HelperError(`${origin} ${reason}`));
      request.destroy();
    };
    const timer = setTimeout(giveUp, timeoutMs, 'did not answer in time');
    let hasAnswered = false;
    request.on('response', (response) => {
      hasAnswered = true;
      collect(response, mostBytes, giveUp, resolve);
    });
    request.on('error', (error) => {
      const failure = failureOf(error, origin);
      const isStale = request.reusedSocket && !hasAnswered && isReset(error);
      reject(isStale ? new StaleConnection(failure) : new HelperError(failure));
    });
    request.on('close', () => {
      clearTimeout(timer);
      reject(new HelperError(`${origin} broke its answer off`));
    });
    request.end(body);
  });
}

/** Reads an answer to its end, which settles the question. */
function collect(
  response: IncomingMessage,
  mostBytes: number,
  giveUp: (reason: string) => void,
  resolve: (answer: HelperAnswer) => void,
): void {
  const pieces: Buffer[] = [];
  let size = 0;
  response.on('data', (piece: Buffer) => {
    size += piece.length;
    if (size <= mostBytes) pieces.push(piece);
    else giveUp(`answered more than ${mostBytes} bytes`);
  });
  response.on('end', () => {
    const { headersDistinct, statusCode: status = 0 } = response;
    if (size <= mostBytes)
      resolve({ status, body: Buffer.concat(pieces), fields: (name) => headersDistinct[name] ?? [] });
  });
  response.on('error', () => giveUp('broke its answer off'));
}

/** Error codes are told, messages are not: some repeat what was received. */
function failureOf(error: Error, origin: string): string {
  const code = codeOf(error);
  const shown = code !== undefined && /^\w{1,64}$/.test(code) ? ` (${code})` : '';
  return `${origin} cannot be reached, or does not speak HTTP${shown}`;
}

function isReset(error: Error): boolean {
  const code = codeOf(error);
  return code === 'ECONNRESET' || code === 'EPIPE';
}
