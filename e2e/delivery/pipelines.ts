import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A backend that answers every GET with its name and counts, with next to no work of its own. */
export interface CountingBackend {
  readonly url: string;
  /** Requests received so far, by path. */
  readonly received: Map<string, number>;
  close(): Promise<void>;
}

/** Starts it. It understands requests without a body only. */
export async function startCountingBackend(name: string): Promise<CountingBackend> {
  const received = new Map<string, number>();
  const answer = `HTTP/1.1 200 OK\r\ncontent-length: ${name.length}\r\n\r\n${name}`;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      const heads = text.split('\r\n\r\n');
      text = heads.pop() ?? '';
      for (const head of heads) {
        const path = head.slice(head.indexOf(' ') + 1, head.indexOf(' HTTP/'));
        received.set(path, (received.get(path) ?? 0) + 1);
      }
      if (heads.length > 0) socket.write(answer.repeat(heads.length));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** What pipelined requests are for. */
export interface PipelineOptions {
  readonly port: number;
  readonly path: string;
  readonly count: number;
  readonly connections: number;
  /** Requests under way on each connection at a time. */
  readonly depth: number;
  /** The bodies that an answer may have. */
  readonly bodies: readonly string[];
}

/** Sends many requests at once; how often each body came. Rejects when an answer is none of 200 with one of the bodies. */
export async function sendPipelined({
  connections,
  count,
  ...options
}: PipelineOptions): Promise<Record<string, number>> {
  const each = Math.floor(count / connections);
  const counts: Record<string, number> = {};
  const add = (body: string): void => void (counts[body] = (counts[body] ?? 0) + 1);
  await Promise.all(
    Array.from({ length: connections }, (_, index) =>
      sendOnOne({ ...options, count: index === 0 ? count - each * (connections - 1) : each, add }),
    ),
  );
  return counts;
}

async function sendOnOne({
  port,
  path,
  count,
  depth,
  bodies,
  add,
}: Omit<PipelineOptions, 'connections'> & { add: (body: string) => void }): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const request = `GET ${path} HTTP/1.1\r\nhost: gateway\r\n\r\n`;
  let [sent, answered, text] = [0, 0, ''];
  const send = (): void => {
    const some = Math.min(depth - (sent - answered), count - sent);
    if (some === 0) return;
    sent += some;
    socket.write(request.repeat(some));
  };
  socket.on('connect', send);
  socket.on('error', reject);
  socket.on('close', () => reject(new Error(`the gateway closed the connection after ${answered} answers`)));
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    for (let end = text.indexOf('\r\n\r\n'); end !== -1; end = text.indexOf('\r\n\r\n')) {
      const body = bodies.find((one) => text.startsWith(one, end + 4));
      if (body === undefined) {
        // Not all of it may have come yet.
        if (text.length < end + 4 + Math.max(...bodies.map(({ length }) => length))) return;
        return reject(new Error(`a wrong answer: ${text.slice(0, 300)}`));
      }
      if (!text.startsWith('HTTP/1.1 200 ')) return reject(new Error(`a wrong answer: ${text.slice(0, 300)}`));
      add(body);
      answered++;
      text = text.slice(end + 4 + body.length);
    }
    if (answered === count) resolve();
    // Half of a batch at a time: fewer, larger writes.
    else if (sent - answered <= depth / 2) send();
  });
  try {
    await promise;
  } finally {
    socket.destroy();
  }
}
