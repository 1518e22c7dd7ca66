import { Agent, createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import type { Api } from '../api.ts';

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly method: string;
  /** Path and query, encoded. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** An answer as it came. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Carries requests over HTTP to one API after the other. */
export interface Wire {
  send(api: Api, request: WireRequest): Promise<WireAnswer>;
  close(): Promise<void>;
}

/** Listens on a free port of this machine. */
export async function openWire(): Promise<Wire> {
  const agent = new Agent({ keepAlive: true });
  let current: Api | undefined;
  // A connection that is closed for being idle may be closed under the next request.
  const server = createServer(
    { keepAliveTimeout: 0 },
    (incoming, outgoing) => void current?.handler(incoming, outgoing),
  );
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    send(api, { method, target, headers, body }) {
      current = api;
      // What is refused by its length may not have been read when the answer is there, and its connection may be closed then.
      const isLong = body !== undefined && body.length > 2 ** 16;
      const by = isLong ? new Agent({ keepAlive: true }) : agent;
      return new Promise<WireAnswer>((resolve, reject) => {
        const sent = httpRequest({ agent: by, host: '127.0.0.1', port, method, path: target, headers }, (answer) => {
          const { statusCode: status = 0, headers: answered } = answer;
          const isStream = answered['content-type'] === 'text/event-stream';
          const read = isStream ? firstPieceOf(answer) : text(answer);
          read.then((content) => resolve({ status, headers: answered, body: content }), reject);
        });
        sent.on('error', reject);
        sent.end(body);
      }).finally(() => {
        if (isLong) by.destroy();
      });
    },
    close() {
      agent.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** An answer that comes bit by bit may go on for ever. */
async function firstPieceOf(answer: IncomingMessage): Promise<string> {
  for await (const piece of answer) {
    answer.destroy();
    return String(piece);
  }
  return '';
}
