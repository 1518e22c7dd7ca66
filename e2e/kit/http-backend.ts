import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A well-behaved backend on node:http that counts. Answers its name unless told otherwise. */
export interface HttpBackend {
  readonly name: string;
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  /** Requests received so far. */
  requests: number;
  /** Connections accepted so far. */
  connections: number;
  /** Takes the place of the plain answer; may be changed at any time. */
  answer: (request: IncomingMessage, response: ServerResponse) => void;
  close(): Promise<void>;
}

/** Starts a backend on 127.0.0.1. A `server` of one's own (https, for example) takes the place of node:http's. */
export async function startHttpBackend(
  name: string,
  { port = 0, server = createServer() }: { port?: number; server?: Server } = {},
): Promise<HttpBackend> {
  server.keepAliveTimeout = 600_000;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  const backend: HttpBackend = {
    name,
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    server,
    requests: 0,
    connections: 0,
    answer: (request, response) => {
      request.resume();
      response.end(name);
    },
    close: async () => {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  const listener: RequestListener = (request, response) => {
    backend.requests++;
    backend.answer(request, response);
  };
  server.on('request', listener);
  server.on('connection', () => backend.connections++);
  return backend;
}

/** Requests that a backend holds back until they are released; put `hold` in the place of its `answer`. */
export interface Gate {
  readonly waiting: number;
  readonly hold: HttpBackend['answer'];
  /** Answers everything that waits (with `text`), and whatever comes later at once. */
  open(text: string): void;
}

/** Creates a gate that is closed. */
export function createGate(): Gate {
  const waiting = new Set<ServerResponse>();
  let answer: string | undefined;
  return {
    get waiting() {
      return waiting.size;
    },
    hold: (request, response) => {
      request.resume();
      if (answer !== undefined) {
        response.end(answer);
        return;
      }
      waiting.add(response);
      response.once('close', () => waiting.delete(response));
    },
    open: (text) => {
      answer = text;
      for (const response of waiting) response.end(text);
    },
  };
}
