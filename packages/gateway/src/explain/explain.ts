/** `sluice explain`: takes a request through the steps of `serve`, without an effect. The numbers are those of serve.ts. */
import type { ExplainInput, Explanation } from '@sluice/model';
import { errorCodes } from '@sluice/model/errors';
import type { ErrorCode } from '@sluice/model/errors';
import type { CompiledRoute } from '../compile/snapshot.ts';
import { AbsentClient, noWire } from '../forward/absent-client.ts';
import { Exchange } from '../forward/exchange.ts';
import { pathRefusal } from '../forward/path-refusal.ts';
import { RequestBody } from '../forward/request-body.ts';
import { headRefusal, ownAnswer } from '../forward/serve.ts';
import type { WorkerContext } from '../forward/worker-context.ts';
import type { JudgedRequest } from '../http1/request.ts';
import { ClientPeer } from '../listen/client-peer.ts';
import { readRequest } from '../listen/request-reader.ts';
import type { PolicyAnswer } from '../policy/policy.ts';
import { isIdempotent } from '../upstream/retry.ts';
import { explainBackends } from './explain-backends.ts';
import { explainPolicies } from './explain-policies.ts';
import { explainRoutes, explainUnrouted } from './explain-routes.ts';
import { explainVersion } from './explain-version.ts';

/** A request to explain, from a known address. */
export type Question = ExplainInput & { readonly clientAddress: string };

type Outcome = Explanation['outcome'];

/** Of a request that comes no further. */
const nothing = (): Pick<Explanation, 'routes' | 'moreRoutes' | 'policies' | 'backends' | 'candidates'> => ({
  routes: [],
  moreRoutes: false,
  policies: [],
  backends: [],
  candidates: [],
});

/** What would happen to a request on this worker. */
export async function explain(serving: WorkerContext, question: Question): Promise<Explanation> {
  // A request that is not sent leaves no span and no line.
  const worker = { ...serving, tracer: undefined, debug: undefined };
  // 1 listen: the same reader, with the same limits.
  const { settings, revision } = worker.snapshot;
  const bytes = headOf(question);
  const read = readRequest(bytes, 0, bytes.length, settings.limits);
  if (read === undefined)
    return { ...nothing(), revision, outcome: refused('MALFORMED_REQUEST', 'the head has no end') };
  if ('code' in read) return { ...nothing(), revision, outcome: refused(read.code, read.reason) };
  const exchange = explainedExchange(worker, question, read);
  try {
    const explained = await explainExchange(exchange);
    const { method, host, scheme, clientAddress, route } = exchange;
    // An explanation is passed on, so it shows as much of the path as a log does.
    const path = worker.redaction.path(exchange.path, route?.pattern);
    return { ...nothing(), revision, request: { method, host, path, scheme, clientAddress }, ...explained };
  } finally {
    exchange.close();
  }
}

async function explainExchange(exchange: Exchange): Promise<Pick<Explanation, 'outcome'> & Partial<Explanation>> {
  const { worker, settings } = exchange;
  if (settings.maxConcurrentRequests > 0 && worker.state.gatewayActive() >= settings.maxConcurrentRequests)
    return { outcome: refused('TOO_MANY_REQUESTS_IN_FLIGHT') };
  const own = ownAnswer(exchange);
  if (own !== undefined) return { outcome: answered(own, 'the gateway answers this path itself, whatever its routes') };

  // 2 route
  const found = worker.snapshot.table.find(exchange);
  const considered = explainRoutes(worker.snapshot.table, exchange, found);
  if (found === undefined) {
    if (exchange.onlyRaw !== undefined)
      return { ...considered, outcome: refused('MALFORMED_REQUEST', exchange.onlyRaw) };
    return { ...considered, ...explainUnrouted(worker.snapshot.table, exchange) };
  }
  exchange.takeRoute(found);

  // 3 version
  const { route, version } = await explainVersion(exchange, found);
  exchange.takeRoute(route);
  const told = { ...considered, route: found.name, parameters: shownParameters(exchange), ...(version && { version }) };
  const unclear = pathRefusal(exchange, route);
  if (unclear !== undefined) return { ...told, outcome: refused('MALFORMED_REQUEST', unclear) };
  const refusal = headRefusal(exchange, route);
  if (refusal !== undefined) return { ...told, outcome: refused(refusal) };

  // 4 policies, 5 balance, 6 forward and 7 retry
  const { policies, answer, isOpen } = await explainPolicies(exchange, route.requestPolicies ?? []);
  const balance = explainBackends(route, exchange);
  const rest = { ...told, policies, ...balance, ...callerOf(exchange), ...settingsOf(route, exchange) };
  if (answer !== undefined) return { ...rest, outcome: answer };
  return { ...rest, outcome: forwarded(route, balance.candidates, isOpen) };
}

/** Those that are hidden by their names, or are secrets by their shape, are not shown. */
function shownParameters(exchange: Exchange): Record<string, string> {
  const { redaction } = exchange.worker;
  const entries = Object.entries(exchange.parameters());
  return Object.fromEntries(entries.map(([name, value]) => [name, redaction.header(name, value)]));
}

function explainedExchange(worker: WorkerContext, { clientAddress, url }: Question, read: JudgedRequest): Exchange {
  const body = new RequestBody();
  body.begin(read.head);
  const wire = { ...noWire, remoteAddress: clientAddress, secure: /^https:/i.test(url) };
  return new Exchange(worker, new AbsentClient(body, new ClientPeer(wire, worker)), read);
}

/** The head as a client would send it. */
function headOf({ method, url, headers }: Question): Buffer {
  const [, authority = '', rest = ''] = /^https?:\/\/([^/?]*)(.*)$/is.exec(url) ?? [];
  const target = rest.startsWith('/') ? rest : `/${rest}`;
  const fields = headers.map(({ name, value }) => `${name}: ${value}\r\n`);
  const host = headers.some(({ name }) => name.toLowerCase() === 'host') ? '' : `Host: ${authority}\r\n`;
  return Buffer.from(`${method} ${target} HTTP/1.1\r\n${host}${fields.join('')}\r\n`, 'latin1');
}

function forwarded(route: CompiledRoute, candidates: readonly string[], isOpen: boolean): Outcome {
  if (candidates.length === 0) return refused(route.whyUnusable(), 'no backend of the route may be chosen');
  const [first] = candidates;
  const where = candidates.length === 1 ? `to ${first}` : `to one of ${candidates.join(', ')}`;
  return {
    kind: isOpen ? 'open' : 'forwarded',
    ...(candidates.length === 1 && { backend: first }),
    explanation: isOpen
      ? `it is forwarded ${where}, unless a policy whose outcome is open answers it`
      : `it is forwarded ${where}`,
  };
}

function refused(code: ErrorCode, explanation?: string): Outcome {
  const { status, message } = errorCodes[code];
  return { kind: 'answered', status, code, explanation: explanation || message };
}

function answered(answer: PolicyAnswer, explanation: string): Outcome {
  return 'error' in answer ? refused(answer.error) : { kind: 'answered', status: answer.status, explanation };
}

function callerOf({ identity }: Exchange): Pick<Explanation, 'caller'> {
  if (identity === undefined) return {};
  const { method, consumerId, subject, tier, scopes, roles } = identity;
  return { caller: { method, consumerId, subject, tier, scopes: [...scopes], roles: [...roles] } };
}

function settingsOf(route: CompiledRoute, { method }: Exchange): Pick<Explanation, 'limits' | 'retry'> {
  const { timeoutMs, maxDurationMs, streamIdleMs, maxBodyBytes, retry } = route;
  return {
    limits: { timeoutMs, maxDurationMs, streamIdleMs, maxBodyBytes },
    ...(retry && {
      retry: {
        maxAttempts: retry.maxAttempts,
        statusCodes: [...retry.retryableStatusCodes],
        isIdempotent: isIdempotent(method),
      },
    }),
  };
}
