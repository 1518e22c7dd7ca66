import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { ByteReader, EndOfInput } from './byte-reader.ts';
import { framingOf, readBody, readHead } from './message.ts';
import type { MessageBody, MessageHead } from './message.ts';
import { until } from './until.ts';

/** What the origin does with one request, step by step: bytes to send, or one of these. */
export type OriginStep =
  | string
  /** `head`: go on as soon as the head is in. Only as the first step; otherwise the whole request is awaited. */
  | { after: 'head' }
  /** Wait until this connection has received the text. */
  | { until: string }
  /** Wait for this, whatever it is. */
  | { when: () => Promise<unknown> }
  /** Let this many milliseconds pass. */
  | { wait: number }
  /** End the connection: `close` with FIN, `reset` with RST. */
  | { end: 'close' | 'reset' };

/** One request as the origin received it; `complete` is false when it was cut off. */
export interface ReceivedRequest extends MessageHead, MessageBody {
  /** Which connection brought it, counted from 1. */
  readonly connection: number;
}

/** An origin that answers each request by a script and remembers everything. */
export interface ScriptedOrigin {
  readonly port: number;
  readonly requests: readonly ReceivedRequest[];
  /** How many connections were opened since `script()`. */
  readonly connections: number;
  /** All bytes received since `script()`, as latin1. */
  readonly received: string;
  /** Connections open now. */
  readonly open: number;
  /** Forgets the past and answers the n-th request from now on by the n-th script; the last one stays. */
  script(...scripts: OriginStep[][]): void;
  /** Answers all further requests `200 ok`, without forgetting. */
  answerPlainly(): void;
  /** Ends all connections and waits until the other side has ended them too. */
  disconnect(): Promise<void>;
  close(): Promise<void>;
}

interface State {
  scripts: OriginStep[][];
  requests: ReceivedRequest[];
  connections: number;
  readers: ByteReader[];
  readonly open: Set<Socket>;
}

/** Starts a scripted origin on 127.0.0.1; until `script()` is called it answers `200 ok`. */
export async function startScriptedOrigin(): Promise<ScriptedOrigin> {
  const state: State = { scripts: [[okResponse]], requests: [], connections: 0, readers: [], open: new Set() };
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => accept(socket, state));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const disconnect = async (): Promise<void> => {
    for (const socket of state.open) socket.end();
    await until('the gateway to end its connections', () => state.open.size === 0).finally(() => {
      for (const socket of state.open) socket.destroy();
    });
  };
  return {
    port: portOf(server),
    get requests() {
      return state.requests;
    },
    get connections() {
      return state.connections;
    },
    get received() {
      return state.readers.map((reader) => reader.received).join('');
    },
    get open() {
      return state.open.size;
    },
    script: (...scripts) => void Object.assign(state, { scripts, requests: [], connections: 0, readers: [] }),
    answerPlainly: () => void (state.scripts = [[okResponse]]),
    disconnect,
    close: async () => {
      for (const socket of state.open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** What a scripted origin answers by default. */
export const okResponse = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

function accept(socket: Socket, state: State): void {
  state.open.add(socket);
  state.connections++;
  socket.once('close', () => state.open.delete(socket));
  // Half-open only to be able to answer after the peer's FIN; once we are done as well, let go.
  socket.once('end', () => socket.end());
  void converse(socket, state).catch((error: unknown) => {
    if (!(error instanceof EndOfInput)) state.requests.push(unreadable(String(error), state.connections));
    socket.destroy();
  });
}

async function converse(socket: Socket, state: State): Promise<void> {
  const reader = new ByteReader(socket);
  state.readers.push(reader);
  const connection = state.connections;
  while (!socket.destroyed && !socket.writableEnded) {
    const head = await readHead(reader);
    const framing = framingOf(head, 'none');
    const request = { ...head, connection, framing, body: Buffer.alloc(0), trailers: [], complete: false };
    state.requests.push(request);
    const script = state.scripts.length > 1 ? state.scripts.shift()! : state.scripts[0];
    const body = readBody(reader, head, request);
    if (!startsAtHead(script)) await body;
    for (const step of script) await play(step, socket, reader);
    await body;
  }
}

async function play(step: OriginStep, socket: Socket, reader: ByteReader): Promise<void> {
  if (typeof step === 'string') socket.write(Buffer.from(step, 'latin1'));
  else if ('until' in step) await reader.seen(step.until);
  else if ('when' in step) await step.when();
  else if ('wait' in step) await pause(step.wait);
  else if ('end' in step && step.end === 'reset') socket.resetAndDestroy();
  else if ('end' in step) socket.end();
}

function startsAtHead(script: readonly OriginStep[]): boolean {
  return typeof script[0] === 'object' && 'after' in script[0];
}

/** Something that was no HTTP/1.1 request must show up in a test as itself, not as silence. */
function unreadable(line: string, connection: number): ReceivedRequest {
  return { line, lines: [], connection, framing: 'none', body: Buffer.alloc(0), trailers: [], complete: false };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the origin does not listen on a port');
  return address.port;
}
