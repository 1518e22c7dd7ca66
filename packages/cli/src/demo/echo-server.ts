import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import { WebSocketServer } from 'ws';
import { echoEndpoints } from './echo-endpoints.ts';
import { EchoProblem, sendJson } from './echo-exchange.ts';
import type { EchoExchange, EchoName } from './echo-exchange.ts';
import { createFaults } from './faults.ts';

/** A demo backend as a plain node:http server, not yet listening. Every answer names it in `x-served-by`. */
export function createEchoServer(servedBy: EchoName): Server {
  const options = { shouldUpgradeCallback: isWebSocketRequest };
  const beforeEach = servedBy === 'bad' ? createFaults() : undefined;
  const server = createServer(options, (request, response) => void answer({ request, response, servedBy }, beforeEach));
  // Longer than a gateway keeps an idle connection (5 minutes), so that the gateway's end is always the one that closes.
  server.keepAliveTimeout = 600_000;
  server.requestTimeout = 0;
  acceptWebSockets(server, servedBy);
  return server;
}

async function answer(
  { request, response, servedBy }: Omit<EchoExchange, 'url'>,
  beforeEach: (() => Promise<void>) | undefined,
): Promise<void> {
  response.setHeader('x-served-by', servedBy);
  const exchange = { request, response, servedBy, url: urlOf(request) };
  try {
    await beforeEach?.();
    await dispatch(exchange);
  } catch (error) {
    refuse(exchange, error);
  }
}

function dispatch(exchange: EchoExchange): void | Promise<void> {
  const path = exchange.url.pathname;
  if (path === '/') return sendJson(exchange, { servedBy: exchange.servedBy, endpoints: endpointList() });
  for (const endpoint of echoEndpoints) {
    const parameter = match(endpoint.path, path);
    if (parameter === undefined) continue;
    if (endpoint.methods && !endpoint.methods.includes(exchange.request.method!)) {
      throw new EchoProblem(405, 'method not allowed', { allow: endpoint.methods.join(', ') });
    }
    return endpoint.answer(exchange, parameter);
  }
  throw new EchoProblem(404, `nothing here: ${path}`);
}

/** The `:parameter` of `pattern` in `path` ('' when it has none), or undefined when the path is another one. */
function match(pattern: string, path: string): string | undefined {
  const colon = pattern.indexOf(':');
  if (colon < 0) return path === pattern ? '' : undefined;
  const rest = path.slice(colon);
  return path.startsWith(pattern.slice(0, colon)) && rest !== '' && !rest.includes('/') ? rest : undefined;
}

function refuse(exchange: EchoExchange, error: unknown): void {
  const { request, response, servedBy } = exchange;
  // The client has gone, or the answer has begun: it is too late for an error.
  if (response.headersSent || response.destroyed || request.errored) {
    response.destroy();
    return;
  }
  const problem = error instanceof EchoProblem ? error : new EchoProblem(500, String(error));
  sendJson(exchange, { error: problem.message, servedBy }, problem);
}

function urlOf(request: IncomingMessage): URL {
  const base = `http://${request.headers.host ?? 'localhost'}`;
  // Joined as text: a target such as `//x` is a path, not another host.
  const target = request.url!.startsWith('/') ? base + request.url : request.url!;
  return URL.parse(target) ?? new URL('http://localhost/unreadable-target');
}

function endpointList(): Record<string, string> {
  const list = Object.fromEntries(echoEndpoints.map(({ path, about }) => [path, about]));
  return { ...list, '/ws': 'a WebSocket that echoes' };
}

function acceptWebSockets(server: Server, servedBy: EchoName): void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 16 * 1024 * 1024 });
  sockets.on('headers', (headers) => headers.push(`x-served-by: ${servedBy}`));
  sockets.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    // A broken peer ends its own socket, which `ws` closes by itself; the event must only not be fatal.
    socket.on('error', () => socket.terminate());
  });
  server.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (peer) => sockets.emit('connection', peer, request));
  });
  server.on('close', () => sockets.close());
}

/** True for what becomes a WebSocket here; any other `Upgrade` is ignored and answered as plain HTTP/1.1 (RFC 9110 §7.8). */
function isWebSocketRequest(request: IncomingMessage): boolean {
  return urlOf(request).pathname === '/ws' && /^websocket$/i.test(request.headers.upgrade ?? '');
}
