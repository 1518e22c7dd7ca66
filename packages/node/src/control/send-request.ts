import { request as requestHttp } from 'node:http';
import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import { ControlError } from '@sluice/model';

export interface ControlRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly agent: Agent;
  readonly signal?: AbortSignal | undefined;
  /** How long the answer may take to begin, in milliseconds. */
  readonly answerMs: number;
}

export interface ControlAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** How long connecting may take, with TLS, in milliseconds. */
const connectMs = 2_000;
/** The longest silence within an answer, in milliseconds. */
const silenceMs = 10_000;
/** 10,000 routes with ten backends each are about 60 MB. */
const mostBytes = 256 * 1024 * 1024;

/**
 * Sends a request and reads the whole answer. Rejects with a ControlError when there is none in time, or too much of it.
 * A redirect is an answer like any other, and not followed.
 */
export async function sendRequest(request: ControlRequest): Promise<ControlAnswer> {
  try {
    return await attempt(request);
  } catch (error) {
    // Control closed an idle connection at the moment it was used again, which says nothing about control.
    if (!(error instanceof StaleConnection)) throw error;
    return attempt(request);
  }
}

class StaleConnection extends ControlError {}

function attempt(options: ControlRequest): Promise<ControlAnswer> {
  const { url, method, headers, body, agent, signal, answerMs } = options;
  return new Promise((resolve, reject) => {
    const settings: RequestOptions = { method, headers, agent, ...(signal && { signal }) };
    const request = url.protocol === 'https:' ? requestHttps(url, settings) : requestHttp(url, settings);
    const timer = new Deadline((reason) => request.destroy(new ControlError('unreachable', reason)));
    let isAnswered = false;
    request.on('socket', (socket: Socket) => {
      timer.set(answerMs, `control did not answer within ${answerMs} ms`);
      if (!socket.connecting) return;
      timer.set(connectMs, `control could not be connected to within ${connectMs} ms`);
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        timer.set(answerMs, `control did not answer within ${answerMs} ms`);
      });
    });
    request.on('response', (response) => {
      isAnswered = true;
      read(response, timer).then(resolve, reject);
    });
    request.on('error', (error) => reject(failureOf(error, request, isAnswered)));
    request.on('close', () => timer.clear());
    request.end(body);
  });
}

async function read(response: IncomingMessage, timer: Deadline): Promise<ControlAnswer> {
  const pieces: Buffer[] = [];
  let size = 0;
  const quiet = (): void => timer.set(silenceMs, `the answer of control stopped half way for ${silenceMs} ms`);
  try {
    quiet();
    for await (const piece of response as AsyncIterable<Buffer>) {
      quiet();
      size += piece.length;
      if (size > mostBytes) throw new ControlError('garbage', `control answered more than ${mostBytes} bytes`);
      pieces.push(piece);
    }
    return { status: response.statusCode ?? 0, body: Buffer.concat(pieces) };
  } catch (error) {
    if (error instanceof ControlError) throw error;
    throw new ControlError('unreachable', 'the connection to control broke in the middle of an answer', {
      cause: error,
    });
  } finally {
    timer.clear();
  }
}

function failureOf(error: NodeJS.ErrnoException, request: ClientRequest, isAnswered: boolean): ControlError {
  if (error instanceof ControlError) return error;
  const wasClosed = error.code === 'ECONNRESET' || error.code === 'EPIPE';
  const text = `control cannot be reached: ${error.message}`;
  if (request.reusedSocket && wasClosed && !isAnswered)
    return new StaleConnection('unreachable', text, { cause: error });
  return new ControlError('unreachable', text, { cause: error });
}

/** One timer at a time. */
class Deadline {
  readonly #onOver: (reason: string) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(onOver: (reason: string) => void) {
    this.#onOver = onOver;
  }

  set(ms: number, reason: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#onOver(reason), ms);
    this.#timer.unref();
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
