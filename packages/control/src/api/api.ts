import { getRequestListener } from '@hono/node-server';
import type { HttpBindings } from '@hono/node-server';
import { apiBase, operationList } from '@sluice/model/api';
import type { Clock, ManagementHandler } from '@sluice/service';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { TrieRouter } from 'hono/router/trie-router';
import { answerError, answerReply } from './answer.ts';
import type { Call, Peer } from './call.ts';
import { certifiedNames } from './client-certificate.ts';
import { allHandlers } from './handlers/index.ts';
import type { Streams } from './handlers/index.ts';
import { systemClock } from '@sluice/service';
import { changesOf } from './change-configuration.ts';
import { Idempotency } from './idempotency.ts';
import { LargeWork } from './large-work.ts';
import { addPages } from './pages.ts';
import { identify } from './identify.ts';
import { Refusal } from './refusal.ts';
import { runOperation } from './run-operation.ts';
import type { OperationRunner } from './run-operation.ts';
import { securityHeaders, strictTransport } from './security-headers.ts';
import type { Services } from './services.ts';
import { DeploymentWatchers } from './watch/deployment-watchers.ts';
import { RequestFollowers } from './watch/request-followers.ts';
import { timeOf, withTimeLimit } from './time-limit.ts';
import { traceIdOf } from './trace-id.ts';

export interface ApiOptions extends Omit<Services, 'clock'> {
  /** Milliseconds since 1970. */
  readonly clock?: (() => number) | undefined;
  /** The rate limits are multiplied by it: 1 when left out, and 0 turns them off. */
  readonly limitFactor?: number | undefined;
  /** How long a request may take, in milliseconds. Depends on the operation when left out. */
  readonly timeLimitMs?: number | undefined;
  /** The clock of the event streams: the system's when left out. */
  readonly watchClock?: Pick<Clock, 'after'> | undefined;
}

/** The management API. */
export interface Api {
  /** For Node's HTTP server. */
  readonly handler: ManagementHandler;
  /** Answers a request without an HTTP server. */
  fetch(request: Request, peer: Peer): Promise<Response>;
  /** Ends the event streams, and waits for what is being cleaned up. May be called again. */
  close(): Promise<void>;
}

interface Environment {
  Bindings: { readonly peer: Peer };
}

/** Makes the management API from the table of operations. */
export function createApi(options: ApiOptions): Api {
  const services: Services = { ...options, clock: options.clock ?? Date.now };
  const { store, clock, log } = services;
  const idempotency = new Idempotency({ store, clock, log, changesOf: changesOf(services.configuration) });
  const streams = streamsOf(services, options.watchClock);
  const handlers = allHandlers(services, streams);
  const runner = {
    ...services,
    handlers,
    idempotency,
    largeWork: new LargeWork(),
    limitFactor: options.limitFactor ?? 1,
  };
  // This router is ready at once; the usual one spends 20 ms on its expressions at the first request.
  const app = new Hono<Environment>({ router: new TrieRouter() });
  addHeaders(app, options);
  addOperations(app, runner, options.timeLimitMs);
  addPages(app as unknown as Hono<never>, options.version);
  const traced = (request: Request) => ({ traceId: traceIdOf(request.headers), log, clock });
  app.notFound(({ req }) => answerError(new Refusal('NOT_FOUND'), traced(req.raw)));
  app.onError((error, { req }) => answerError(error, traced(req.raw)));
  const answer = async (request: Request, peer: Peer): Promise<Response> => app.fetch(request, { peer });
  const listener = getRequestListener((request, bindings) => answer(request, peerOf(bindings as HttpBindings)), {
    overrideGlobalObjects: false,
  });
  return {
    handler: (request, response) => listener(request, response),
    fetch: answer,
    close() {
      streams.watchers.close();
      streams.followers.close();
      return idempotency.close();
    },
  };
}

function streamsOf({ deployments, access, log }: Services, clock: Pick<Clock, 'after'> = systemClock): Streams {
  const check = ({ operation, headers, address }: Call): Promise<unknown> =>
    identify(access, { operation, headers, peer: { address, isCertified: false }, joinToken: undefined });
  return {
    watchers: new DeploymentWatchers({ deployments, clock, log, check }),
    followers: new RequestFollowers({ clock, check }),
  };
}

function addHeaders(app: Hono<Environment>, { config }: Pick<ApiOptions, 'config'>): void {
  const { tls, corsOrigins } = config.management;
  const headers = Object.entries({ ...securityHeaders, ...(tls && strictTransport) });
  app.use(async (context, next) => {
    await next();
    for (const [name, value] of headers) if (!context.res.headers.has(name)) context.res.headers.set(name, value);
  });
  if (corsOrigins.length === 0) return;
  // The page itself sends the token, so the browser need not send credentials.
  app.use(
    `${apiBase}/*`,
    cors({
      origin: [...corsOrigins],
      allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
      allowHeaders: [
        'authorization',
        'content-type',
        'if-match',
        'idempotency-key',
        'last-event-id',
        'traceparent',
        'x-api-key',
      ],
      exposeHeaders: [
        'etag',
        'location',
        'retry-after',
        'idempotency-replayed',
        'x-ratelimit-limit',
        'x-ratelimit-remaining',
        'x-ratelimit-reset',
      ],
      maxAge: 600,
    }),
  );
}

function addOperations(app: Hono<Environment>, runner: OperationRunner, timeLimitMs: number | undefined): void {
  const { log, clock } = runner;
  const methods = new Map<string, string[]>();
  for (const operation of operationList) {
    const path = apiBase + operation.path.replaceAll(/\{(\w+)\}/g, ':$1');
    methods.set(path, [
      ...(methods.get(path) ?? []),
      operation.method,
      ...(operation.method === 'GET' ? ['HEAD'] : []),
    ]);
    app.on(operation.method, path, async ({ req, env }) => {
      const request = req.raw;
      const traceId = traceIdOf(request.headers);
      const params = req.param() as Record<string, string>;
      const ms = timeLimitMs ?? timeOf(operation, new URL(request.url));
      try {
        const { reply, headers } = await withTimeLimit({ ms, client: request.signal }, (signal) =>
          runOperation(runner, { operation, request, params, peer: env.peer, traceId, signal }),
        );
        return answerReply(operation, reply, headers);
      } catch (error) {
        return answerError(error, { traceId, log, clock });
      }
    });
  }
  for (const [path, allowed] of methods) {
    app.all(path, ({ req }) => {
      const refusal = new Refusal('METHOD_NOT_ALLOWED', { headers: { allow: allowed.join(', ') } });
      return answerError(refusal, { traceId: traceIdOf(req.raw.headers), log, clock });
    });
  }
}

function peerOf({ incoming, outgoing }: HttpBindings): Peer {
  const { socket } = incoming;
  const names = certifiedNames(socket);
  // A socket for both IPv4 and IPv6 shows an IPv4 address as an IPv6 one.
  return {
    address: (socket.remoteAddress ?? 'unknown').replace(/^::ffff:(?=\d+\.)/i, ''),
    isCertified: names !== undefined,
    names,
    disconnect: () => outgoing.destroy(),
  };
}
