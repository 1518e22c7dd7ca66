import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NodeReport } from '@sluice/model';
import type { NodeHub } from '../node-hub.ts';

/** A control process as nodes see it: the two operations over HTTP, for tests of the way to it. */
export interface ControlServer {
  readonly url: string;
  readonly port: number;
  /** What was asked: method and address. */
  readonly requests: string[];
  /** Stops at once, connections included. */
  kill(): Promise<void>;
}

/** What is behind the server; `answer` takes the place of everything when it is there. */
export interface ControlServerOptions {
  readonly hub?: Pick<NodeHub, 'changes'>;
  readonly registry?: { record(report: NodeReport): unknown };
  readonly joinToken?: string;
  readonly port?: number;
  readonly answer?: (request: IncomingMessage, response: ServerResponse) => void;
  readonly makeServer?: (listener: (request: IncomingMessage, response: ServerResponse) => void) => Server;
}

/** Starts it on a free port of this machine. */
export async function startControlServer(options: ControlServerOptions): Promise<ControlServer> {
  const { port = 0, answer, makeServer = createServer } = options;
  const requests: string[] = [];
  const server = makeServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    if (answer !== undefined) return answer(request, response);
    void handle(request, response, options);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    requests,
    kill() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  options: ControlServerOptions,
): Promise<void> {
  const { hub, registry, joinToken } = options;
  const url = new URL(request.url ?? '', 'http://control');
  if (joinToken !== undefined && request.headers.authorization !== `Bearer ${joinToken}`) {
    response.writeHead(401, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ error: { code: 'UNAUTHORIZED', message: 'the join token is not the one expected' } }),
    );
    return;
  }
  const [, nodeId = '', what] = /\/nodes\/([^/]+)\/(changes|reports)$/.exec(url.pathname) ?? [];
  if (what === 'reports') {
    let body = '';
    for await (const piece of request) body += String(piece);
    registry?.record(JSON.parse(body) as NodeReport);
    response.writeHead(204).end();
    return;
  }
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const changes = await hub?.changes({
    nodeId: decodeURIComponent(nodeId),
    since: Number(url.searchParams.get('since')),
    lineage: url.searchParams.get('lineage') ?? undefined,
    revisionAt: url.searchParams.get('revisionAt') ?? undefined,
    withheld: url.searchParams.has('withheld'),
    waitMs: Number(url.searchParams.get('wait')),
    signal: gone.signal,
  });
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(changes));
}
