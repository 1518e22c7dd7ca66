import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A request as it came over the wire. */
export interface RawRequest {
  readonly head: string;
  readonly body: string;
  readonly socket: Socket;
}

/** A backend that does with a connection whatever a test wants. */
export interface RawBackend {
  readonly url: string;
  /** Requests whose head and body have come, in order. */
  readonly requests: readonly RawRequest[];
  /** Open connections. */
  readonly connections: ReadonlySet<Socket>;
  close(): void;
}

/** Starts a backend; `answer` is called for each request that has come whole. */
export async function startRawBackend(answer: (request: RawRequest) => void): Promise<RawBackend> {
  const requests: RawRequest[] = [];
  const connections = new Set<Socket>();
  const server = createServer((socket) => {
    connections.add(socket);
    let text = '';
    socket.setEncoding('latin1');
    socket.on('error', () => {}).on('close', () => connections.delete(socket));
    socket.on('data', (part: string) => {
      text += part;
      for (let request = take(text); request !== undefined; request = take(text)) {
        text = text.slice(request.length);
        requests.push({ head: request.head, body: request.body, socket });
        answer({ head: request.head, body: request.body, socket });
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    connections,
    close() {
      server.close();
      for (const socket of connections) socket.destroy();
    },
  };
}

/** Answers 200 with a text. */
export function answerWithText(text: string): (request: RawRequest) => void {
  return ({ head, socket }) => {
    const body = head.startsWith('HEAD ') ? '' : text;
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${body}`);
  };
}

/** The first whole request in a text. */
function take(text: string): { head: string; body: string; length: number } | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const head = text.slice(0, end + 4);
  const rest = text.slice(end + 4);
  const length = Number(/^content-length: (\d+)\r$/im.exec(head)?.[1] ?? 0);
  const size = /^transfer-encoding: chunked\r$/im.test(head) ? chunkedSize(rest) : length;
  if (size === undefined || rest.length < size) return undefined;
  return { head, body: rest.slice(0, size), length: end + 4 + size };
}

/** How much of a text a chunked body without trailers takes. */
function chunkedSize(text: string): number | undefined {
  const end = text.indexOf('0\r\n\r\n');
  return end === -1 ? undefined : end + 5;
}
