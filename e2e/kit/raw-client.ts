import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { ByteReader } from './byte-reader.ts';
import { framingOf, readBody, readHead } from './message.ts';
import type { MessageBody, MessageHead } from './message.ts';
import { within } from './until.ts';

/** One response as it stood on the wire. */
export interface RawResponse extends MessageHead, MessageBody {
  readonly status: number;
  /** The 1xx responses that came before it. */
  readonly interim: readonly (MessageHead & { readonly status: number })[];
}

/** A client that sends bytes exactly as told and reads strictly. Every wait fails after the timeout, with what came so far. */
export interface RawClient {
  readonly socket: Socket;
  readonly received: string;
  send(bytes: string | Buffer): void;
  /** The next final response; `toHead` when the request was HEAD. */
  response(toHead?: boolean): Promise<RawResponse>;
  /** Waits until `text` has been received. */
  seen(text: string): Promise<void>;
  /** Waits until the peer closes, and returns what it sent that no response took. */
  closed(): Promise<string>;
  close(): void;
}

/** Connects to `port` on 127.0.0.1; `timeout` (ms) is the limit of each later wait. A string is sent as latin1. */
export async function connectRaw(
  port: number,
  { timeout = 90_000, localAddress }: { timeout?: number; localAddress?: string } = {},
): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true, allowHalfOpen: true });
  const reader = new ByteReader(socket);
  await once(socket, 'connect');
  const limit = { timeout, detail: () => `Received so far: ${JSON.stringify(reader.received.slice(0, 2000))}` };
  return {
    socket,
    get received() {
      return reader.received;
    },
    send: (bytes) => void socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes),
    response: (toHead) => within('a response', readResponse(reader, toHead), limit),
    seen: (text) => within(`receiving "${text}"`, reader.seen(text), limit),
    closed: async () => {
      await within('the connection to close', reader.over(), limit);
      return reader.leftover().toString('latin1');
    },
    close: () => void socket.destroy(),
  };
}

async function readResponse(reader: ByteReader, toHead = false): Promise<RawResponse> {
  const interim: (MessageHead & { status: number })[] = [];
  for (;;) {
    const head = await readHead(reader);
    const status = statusOf(head.line);
    if (status >= 100 && status < 200 && status !== 101) {
      interim.push({ ...head, status });
      continue;
    }
    const bodiless = toHead || status === 101 || status === 204 || status === 304;
    const framing = bodiless ? 'none' : framingOf(head, 'close');
    const response = { ...head, status, interim, framing, body: Buffer.alloc(0), trailers: [], complete: false };
    await readBody(reader, head, response);
    return response;
  }
}

function statusOf(line: string): number {
  const match = /^HTTP\/1\.[01] (\d{3}) [\t\x20-\x7e\x80-\xff]*$/.exec(line);
  if (!match) throw new Error(`bad status line on the wire: ${line}`);
  return Number(match[1]);
}
