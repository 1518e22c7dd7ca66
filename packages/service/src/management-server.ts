import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerOptions, ServerResponse } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { openDependency, times } from './dependency.ts';
import type { Dependency, HealthStatus } from './dependency.ts';
import { metricText, metricTypes, preferredFormat } from './metric-text.ts';
import type { MeasuredPart } from './metric-text.ts';
import { createHostCheck } from './own-hosts.ts';
import { listenError } from './port-probe.ts';
import { tlsOptions } from './tls-options.ts';
import type { TlsProfile } from './tls-options.ts';

/** Whether the process should get traffic, and why not. */
export interface Readiness {
  readonly ready: boolean;
  readonly reason?: string | undefined;
}

/** The health of the process. Further fields are shown as they are, to everybody. */
export interface HealthReport {
  /** `degraded` still serves, but something needs attention; `unhealthy` does not serve. */
  readonly status: HealthStatus;
  /** What the process relies on; shown without addresses and texts of errors. */
  readonly dependencies?: readonly Dependency[] | undefined;
}

/** What the management server shows, read anew for each request. */
export interface ManagementStatus extends MeasuredPart {
  ready(): Readiness;
  health(): HealthReport;
  readonly version: string;
}

/** Answers the requests that the server itself does not. A rejection becomes a 500. */
export type ManagementHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** TLS of the management port, as PEM text. */
export interface ManagementTls extends TlsProfile {
  readonly cert: string;
  readonly key: string;
  /** Authorities of client certificates. With them the server asks clients for a certificate, but serves them without one, too. */
  readonly ca?: string | undefined;
}

/** The management port of a process. */
export interface ManagementServer {
  /** Begins to listen and returns the port. Rejects with a PortTakenError or a ListenRefusedError. */
  listen(): Promise<number>;
  /**
   * Uses another certificate and other authorities for new connections. They also get a new ticket context, so that no
   * client resumes a session that an earlier authority vouched for.
   */
  replaceTls(tls: ManagementTls): void;
  /** Stops listening, lets answers under way finish for a second, and closes everything. May be called again. */
  close(): Promise<void>;
}

export interface ManagementServerOptions {
  readonly host: string;
  readonly port: number;
  /** Without it the port speaks plain HTTP. */
  readonly tls?: ManagementTls | undefined;
  readonly status: ManagementStatus;
  /** Public names by which clients reach it; see `createHostCheck`. */
  readonly hosts?: readonly string[] | undefined;
  /** Gets every other path, with any method; it sets all headers of its answers. Without it they are 404. */
  readonly handler?: ManagementHandler | undefined;
  /** Called when a request fails; the client gets a 500 without details. By default it is a process warning. */
  readonly onError?: (error: Error) => void;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const endpoints: Readonly<Record<string, (status: ManagementStatus, accept: string) => Answer>> = {
  '/health': (status) => {
    const began = performance.now();
    const { dependencies, ...report } = status.health();
    const answer = {
      ...report,
      ...(dependencies && { dependencies: dependencies.map(openDependency) }),
      response_time_ms: times(performance.now() - began, 0).response_time_ms,
      timestamp: new Date().toISOString(),
    };
    return json(report.status === 'unhealthy' ? 503 : 200, answer);
  },
  '/ready': (status) => {
    const readiness = status.ready();
    return json(readiness.ready ? 200 : 503, readiness);
  },
  '/live': () => json(200, { live: true }),
  '/version': (status) => json(200, { version: status.version, node: process.versions.node }),
  '/metrics': (status, accept) => {
    const format = preferredFormat(accept);
    return { status: 200, type: metricTypes[format], body: metricText(status, format) };
  },
};

/** The most connections, since the proxy needs the descriptors of the process. Each node keeps two. */
const mostConnections = 2_000;

/** How long answers under way may take when the server closes, in milliseconds. */
const closingTime = 1000;

/**
 * Makes the management server: health, readiness, liveness, version and metrics, read-only, and whatever else the
 * handler serves.
 */
export function createManagementServer(options: ManagementServerOptions): ManagementServer {
  const { host, port } = options;
  const server = createListener(options);
  let closing: Promise<void> | undefined;
  return {
    async listen() {
      server.listen(port, host);
      await once(server, 'listening').catch(async (error: unknown) => {
        throw await listenError(error, { host, port, key: 'management.port' });
      });
      return (server.address() as AddressInfo).port;
    },
    replaceTls(tls) {
      if (server instanceof TlsServer) server.setSecureContext(contextOf(tls));
    },
    close: () => (closing ??= closeServer(server)),
  };
}

function createListener(options: ManagementServerOptions): Server {
  const { tls, status, handler, hosts = [], onError = (error) => process.emitWarning(error) } = options;
  // A whole configuration comes in one request, which may take a while.
  const requestTimeout = handler === undefined ? 10_000 : 60_000;
  const limits = { requestTimeout, headersTimeout: 10_000, keepAliveTimeout: 5000, maxHeaderSize: 16_384 };
  const isOwnHost = createHostCheck(hosts);
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    if (!isOwnHost(request.headers.host)) return send(request, response, otherHost);
    const path = (request.url ?? '').split('?', 1)[0];
    if (handler === undefined || Object.hasOwn(endpoints, path)) {
      send(request, response, answerTo(request, { path, status, onError }));
    } else {
      void handOver(request, response, { handler, onError });
    }
  };
  const server = tls === undefined ? createServer(limits, serve) : secureServer(tls, limits, serve);
  server.maxConnections = mostConnections;
  return server;
}

function secureServer(tls: ManagementTls, limits: ServerOptions, serve: RequestListener): Server {
  // Each request is authorized on its own; here the server only asks for a certificate.
  const clients = tls.ca === undefined ? {} : { requestCert: true, rejectUnauthorized: false };
  return createTlsServer({ ...limits, ...clients, ...contextOf(tls) }, serve);
}

function contextOf({ cert, key, ca, ...profile }: ManagementTls): SecureContextOptions {
  return { cert, key, ...(ca !== undefined && { ca }), ...tlsOptions(profile) };
}

interface Handing {
  readonly handler: ManagementHandler;
  readonly onError: (error: Error) => void;
}

async function handOver(request: IncomingMessage, response: ServerResponse, { handler, onError }: Handing) {
  try {
    await handler(request, response);
  } catch (error) {
    onError(error as Error);
    if (response.headersSent) response.destroy();
    else send(request, response, unmade());
  }
}

interface Question {
  readonly path: string;
  readonly status: ManagementStatus;
  readonly onError: (error: Error) => void;
}

function answerTo(request: IncomingMessage, { path, status, onError }: Question): Answer {
  if (!Object.hasOwn(endpoints, path)) return problem(404, 'NOT_FOUND', 'There is nothing at this path.');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return problem(405, 'METHOD_NOT_ALLOWED', 'Only GET and HEAD are allowed here.');
  }
  try {
    return endpoints[path](status, request.headers.accept ?? '');
  } catch (error) {
    onError(error as Error);
    return unmade();
  }
}

/** RFC 9110, section 15.5.20. It says nothing more, because a stranger's page may read it. */
const otherHost: Answer = {
  status: 421,
  type: 'text/plain; charset=utf-8',
  body: 'This name is not one of management.hosts.\n',
};

function unmade(): Answer {
  return problem(500, 'INTERNAL_SERVER_ERROR', 'The server could not answer.');
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
