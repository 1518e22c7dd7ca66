import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Whether the node should get traffic, and why not. */
export interface Readiness {
  readonly ready: boolean;
  readonly reason?: string | undefined;
}

/** How the node is. */
export interface HealthReport {
  /** `degraded` still serves, but something needs attention; `unhealthy` does not serve. */
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  readonly revision: number;
  readonly workers: { readonly running: number; readonly configured: number };
  /** The last configuration that was refused, if nothing better came since. */
  readonly lastRefusal?: { readonly at: string; readonly message: string } | undefined;
  /** Keys that were changed since the start and take effect with the next one. */
  readonly restartNeeded?: readonly string[] | undefined;
}

/** What the management server tells; asked anew for each request. */
export interface ManagementFacts {
  ready(): Readiness;
  health(): HealthReport;
  /** Prometheus text. */
  metrics(): string;
  readonly version: string;
}

/** The management port of a node. */
export interface ManagementServer {
  /** Begins to listen and returns the port. Rejects when it cannot (`EADDRINUSE`, ...). */
  listen(): Promise<number>;
  /** Stops listening, lets answers under way finish for a second, and closes everything. May be called again. */
  close(): Promise<void>;
}

/** Settings of the management server. */
export interface ManagementServerOptions {
  readonly host: string;
  readonly port: number;
  readonly facts: ManagementFacts;
  /** Told when a fact could not be given; the client gets a 500 without details. A process warning by default. */
  readonly onError?: (error: Error) => void;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const endpoints: Readonly<Record<string, (facts: ManagementFacts) => Answer>> = {
  '/health': (facts) => {
    const report = facts.health();
    return json(report.status === 'unhealthy' ? 503 : 200, report);
  },
  '/ready': (facts) => {
    const readiness = facts.ready();
    return json(readiness.ready ? 200 : 503, readiness);
  },
  '/live': () => json(200, { live: true }),
  '/version': (facts) => json(200, { version: facts.version, node: process.versions.node }),
  '/metrics': (facts) => ({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: facts.metrics() }),
};

/** Milliseconds that answers under way get when the server closes. */
const closingTime = 1000;

/** Makes the management server: health, readiness, liveness, version and metrics, read-only. */
export function createManagementServer(options: ManagementServerOptions): ManagementServer {
  const { host, port, facts, onError = (error) => process.emitWarning(error) } = options;
  const limits = { requestTimeout: 10_000, headersTimeout: 10_000, keepAliveTimeout: 5000, maxHeaderSize: 8192 };
  const server = createServer(limits, (request, response) => {
    send(request, response, answerTo(request, facts, onError));
  });
  let closing: Promise<void> | undefined;
  return {
    async listen() {
      server.listen(port, host);
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    },
    close: () => (closing ??= closeServer(server)),
  };
}

function answerTo(request: IncomingMessage, facts: ManagementFacts, onError: (error: Error) => void): Answer {
  const path = (request.url ?? '').split('?', 1)[0];
  if (!Object.hasOwn(endpoints, path)) return problem(404, 'NOT_FOUND', 'There is nothing at this path.');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return problem(405, 'METHOD_NOT_ALLOWED', 'Only GET and HEAD are allowed here.');
  }
  try {
    return endpoints[path](facts);
  } catch (error) {
    onError(error as Error);
    return problem(500, 'INTERNAL_SERVER_ERROR', 'The answer could not be made.');
  }
}

function send(request: IncomingMessage, response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function json(status: number, value: unknown): Answer {
  return { status, type: 'application/json; charset=utf-8', body: `${JSON.stringify(value)}\n` };
}

/** An error in the shape of the management API. */
function problem(status: number, code: string, message: string): Answer {
  const timestamp = new Date().toISOString();
  return json(status, { error: { code, message, details: [], traceId: randomUUID(), timestamp } });
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  const timer = setTimeout(() => server.closeAllConnections(), closingTime);
  await closed;
  clearTimeout(timer);
}
