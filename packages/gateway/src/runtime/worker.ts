/** A data plane worker: one thread that listens, compiles the snapshots it is given, and serves. */
import type { ProxyConfig, RequestFilter, TracingConfig } from '@sluice/model';
import { messageOf, stackOf } from '@sluice/service/caught-error';
import { randomBytes } from 'node:crypto';
import { tlsOptions } from '@sluice/service/tls-options';
import { flushCompileCache } from 'node:module';
import { constants, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import type { PerformanceEntry } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import type { RoutePlan } from '../compile/plan.ts';
import { PoolRegistry } from '../compile/pool-registry.ts';
import { SnapshotBuilder } from '../compile/snapshot-builder.ts';
import type { Snapshot } from '../compile/snapshot.ts';
import type { LoggedFor, WorkerContext } from '../forward/worker-context.ts';
import { TrustTexts } from '../upstream/trust.ts';
import { Deadlines } from '../wire/deadlines.ts';
import { handleTransport } from '../wire/handle-wire.ts';
import { createAccessLog } from '../observe/access-log.ts';
import { RequestTail } from '../observe/request-tail.ts';
import { AllFetchedKeys } from '../policy/authentication/jwt/fetched-keys.ts';
import type { PolicyRequest } from '../policy/policy.ts';
import { KeptParts } from '../policy/kept-parts.ts';
import { NodeLimits } from '../policy/rate-limit/node-limits.ts';
import { PolicyModules } from '../policy/policy-modules.ts';
import { createGlobalLimits } from '../redis/create-global-limits.ts';
import { SecretTexts } from '../policy/secret-texts.ts';
import {
  createNodeClock,
  ExemplarWriter,
  NodeState,
  PoolCounts,
  ShareBudget,
  Telemetry,
  VersionCounters,
} from '../state/index.ts';
import type { GcKind } from '../state/index.ts';
import { Certificates } from './certificates.ts';
import { ClientDoor } from './client-door.ts';
import { limitedDebugLines } from './debug-lines.ts';
import { Generations } from './generations.ts';
import type { OpenTracer } from './open-tracer.ts';
import { releaseStartupMemory } from './release-startup-memory.ts';
import type { FromWorker, NamedText, ToWorker, WorkerStart } from './messages.ts';
import { WorkerLogging } from './worker-logging.ts';
import { warmPools } from './warm/warm-pools.ts';

const start = workerData as WorkerStart;
const port = parentPort;
if (port === null) throw new Error('this file runs as a worker thread');

const { memory, index, proxy } = start;
const state = new NodeState(memory, index);
const telemetry = new Telemetry(memory, index);
const versions = new VersionCounters(memory, index);
const exemplars = start.exemplars ? new ExemplarWriter(memory, index) : undefined;
const poolCounts = new PoolCounts(memory.telemetry[index]);
const deadlines = new Deadlines({ clock: createNodeClock(memory) });
const transport = proxy.transport === 'auto' ? handleTransport() : undefined;
const authorities = new TrustTexts();
const secrets = new SecretTexts();
const texts = new SecretTexts();
const parts = new KeptParts();
const fetched = new AllFetchedKeys((name) => tell({ type: 'ask-keys', name }));
const pools = new PoolRegistry(deadlines, transport, authorities.of);
const nodeLimits = new NodeLimits(state, { now: createNodeClock(memory), wallClock: () => Date.now() });
const globalLimits = createGlobalLimits(start.redis, {
  nodeId: start.nodeId,
  worker: index,
  use: state.redis,
  local: nodeLimits,
  onChange: (reason) => tell({ type: 'redis', reason }),
});
const limits = { node: nodeLimits, global: globalLimits };
const modules = new PolicyModules(logFailure());
const builder = new SnapshotBuilder({
  state,
  pools,
  secrets,
  texts,
  parts,
  fetched,
  limits,
  modules,
  tracing: start.tracing,
  now: () => deadlines.now,
});
const certificates = new Certificates(tlsOptions(proxy.tls ?? {}));
const generations = new Generations((oldest) => state.setOldestGeneration(oldest));
const logging = new WorkerLogging();
const tracing = start.tracing === undefined ? undefined : await traceBy(start.tracing);
const accessLog = createAccessLog({
  ...proxy.accessLog,
  onDropped: (entries) => state.vitals.addDropped(index, entries),
  onError: (error) => tell({ type: 'log', level: 'error', message: `access log: ${error.message}` }),
});
const debugLines = limitedDebugLines(
  (message, fields) => tell({ type: 'log', level: 'debug', message, fields }),
  () => deadlines.now,
);
const stopTicking = deadlines.start();

/** The shortest time between two messages about failures of one policy, in milliseconds. */
const failurePauseMs = 10_000;

let engine: WorkerContext | undefined;
let tail: RequestTail | undefined;
let door: ClientDoor | undefined;
let work: Promise<void> = Promise.resolve();
/** Routes of the next snapshot that do not compile: told of when it is live. */
let faults: { readonly routeName: string; readonly error: unknown }[] = [];
/** Why the next snapshot cannot be committed. */
let unprepared: Error | undefined;

// One after the other, in the order in which they came: a commit may pause, and the next portion must wait for it.
port.on('message', (message: ToWorker) => {
  work = work
    .then(() => handle(message))
    .catch((error: unknown) => {
      if (message.type === 'routes' || message.type === 'complete') return void (unprepared ??= asError(error));
      const { stack, message: text } = asError(error);
      tell({
        type: 'failed',
        message: stack ?? text,
        ...(message.type === 'commit' && { generation: message.generation }),
      });
    });
});
reportVitals();
countGc();

async function handle(message: ToWorker): Promise<void> {
  switch (message.type) {
    case 'certificates':
      certificates.replace(message.certificates);
      return door?.certificatesReplaced();
    case 'file':
      return takeFile(message);
    case 'keys-asked':
      return fetched.answered(message.name, message.answer);
    case 'routes':
      return compile(JSON.parse(message.plans) as RoutePlan[], message.proxy);
    case 'complete':
      return builder.complete(message.removed, pause);
    case 'discard':
      [faults, unprepared] = [[], undefined];
      return builder.discard(pause);
    case 'commit':
      return commit(message);
    case 'warm':
      return tell({ type: 'warmth', round: message.round, problems: warmed(message.routeNames) });
    case 'logging':
      logging.use(message);
      if (engine !== undefined) engine.debug = debugLine();
      return;
    case 'spans-taken':
      return tracing?.outbox.confirmed();
    case 'spans-buffer':
      return tracing?.outbox.reuse(message.buffer);
    case 'explain':
      return explainRequest(message);
    case 'follow':
      return follow(message.filters);
    case 'reopen-logs':
      return accessLog.reopen();
    case 'drain':
      return drain(message.drainMs);
    case 'stop':
      return stop();
  }
}

/** Not awaited in the queue of messages: a snapshot need not wait for it. */
async function explainRequest({ id, question }: Extract<ToWorker, { type: 'explain' }>): Promise<void> {
  // Loaded when somebody asks: most gateways never need it.
  void import('../explain/explain.ts')
    .then(({ explain }) => engine && explain(engine, question))
    .then((explanation) => tell({ type: 'explained', id, explanation }))
    .catch((error: unknown) => {
      tell({ type: 'explained', id, explanation: undefined });
      tell({
        type: 'log',
        level: 'error',
        message: 'a request could not be explained',
        fields: { reason: stackOf(error) },
      });
    });
}

/** Takes effect at once, and for the snapshots that come. */
async function follow(filters: readonly RequestFilter[]): Promise<void> {
  tail?.flush();
  tail = filters.length === 0 ? undefined : new RequestTail(filters, (news) => tell({ type: 'followed', ...news }));
  if (engine !== undefined) engine.tail = tail;
}

async function takeFile(file: NamedText): Promise<void> {
  const { kind, name, text } = file;
  logging.hideText(file);
  if (kind === 'secret') return secrets.put(name, text);
  if (kind === 'module') return modules.put(name, text);
  if (kind === 'keySet') return fetched.put(name, text);
  if (kind === 'clientAuthorities') {
    certificates.useAuthority(name, text);
    door?.certificatesReplaced();
  }
  if (kind !== 'authorities') return texts.put(name, text);
  authorities.put(name, text);
  pools.renewTrust(name);
}

async function traceBy(config: TracingConfig): Promise<OpenTracer> {
  const { openTracer } = await import('./open-tracer.ts');
  return openTracer(config, logging.entries, ({ bytes, spans }, dropped) => {
    port?.postMessage({ type: 'spans', bytes, spans, dropped } satisfies FromWorker, [bytes.buffer]);
  });
}

/** Logs failures in the code of users. Every request may bring one about, so each kind is logged once in a while. */
function logFailure(): (policy: string, error: unknown, request?: PolicyRequest) => void {
  const quiet = new Map<string, number>();
  return (policy, error, request) => {
    const now = deadlines.now;
    if ((quiet.get(policy) ?? -Infinity) > now - failurePauseMs) return;
    quiet.set(policy, now);
    const fields = { policy, reason: stackOf(error), traceId: request?.traceId };
    tell({ type: 'log', level: 'error', message: 'a policy of your own failed', fields });
  };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function pause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function compile(plans: readonly RoutePlan[], settings: ProxyConfig): Promise<void> {
  for (const { config, hasLogins } of plans) {
    logging.hideCredentials(config);
    await modules.load(config, hasLogins);
  }
  for (const [routeName, error] of builder.add(plans, settings)) faults.push({ routeName, error });
}

async function commit(message: Extract<ToWorker, { type: 'commit' }>): Promise<void> {
  const [found, failure] = [faults, unprepared];
  [faults, unprepared] = [[], undefined];
  if (failure !== undefined) {
    await builder.discard(pause);
    throw failure;
  }
  // The first requests are counted over all nodes, too.
  await globalLimits.settled();
  tellOfFaults(found);
  await builder.commit(message, { pause, publish });
  await openDoor();
}

function tellOfFaults(found: typeof faults): void {
  for (const { routeName, error } of found) {
    tell({ type: 'fault', routeName, reason: messageOf(error) });
    const fields = { route: routeName, reason: stackOf(error) };
    tell({ type: 'log', level: 'error', message: 'a route does not compile and is out of service', fields });
  }
}

function warmed(routeNames: readonly string[]): Record<string, readonly string[]> {
  const routes = routeNames.map((name) => builder.route(name)).filter((route) => route !== undefined);
  return Object.fromEntries(routes.map((route) => [route.name, warmPools(route)]));
}

/** Swaps the snapshot. */
function publish(snapshot: Snapshot): void {
  generations.enter(snapshot.generation);
  if (engine === undefined) engine = createEngine(snapshot);
  else engine.snapshot = snapshot;
  poolCounts.report(pools.takeFigures());
  state.setGeneration(snapshot.generation.number);
  tell({ type: 'applied', generation: snapshot.generation.number });
}

/** The first snapshot opens the doors. */
async function openDoor(): Promise<void> {
  if (door !== undefined || engine === undefined) return;
  door = new ClientDoor(engine, transport, certificates);
  await door.open(start).catch((error: unknown) => {
    tell({ type: 'failed', message: messageOf(error) });
    // A worker that cannot listen is of no use: it ends, and is tried again after a pause.
    setImmediate(() => process.exit(1));
    throw error;
  });
  tell({ type: 'listening' });
  flushCompileCache();
  releaseStartupMemory();
}

function createEngine(snapshot: Snapshot): WorkerContext {
  // Unique over workers and restarts by its prefix, and cheap by its counter.
  const prefix = randomBytes(9).toString('base64url');
  let count = 0;
  return {
    snapshot,
    state,
    telemetry,
    versions,
    exemplars,
    deadlines,
    accessLog,
    tail,
    redaction: logging.entries,
    debug: debugLine(),
    tracer: tracing?.tracer,
    retryBudget: new ShareBudget(),
    mirrored: { inFlight: 0 },
    draining: false,
    newRequestId: () => `${prefix}-${(count++).toString(36)}`,
    healthAnswer(path) {
      const answers = path === '/live' || path === '/ready' || path === '/health';
      if (!answers) return undefined;
      const draining = (engine?.draining === true || state.isAside()) && path !== '/live';
      const body = JSON.stringify({ status: draining ? 'draining' : 'ok' });
      return { status: draining ? 503 : 200, contentType: 'application/json', body };
    },
    policyFailed(policy, error, exchange) {
      const fields = { policy, reason: stackOf(error), ...(exchange && shownFor(exchange)) };
      tell({ type: 'log', level: 'error', message: 'a policy failed', fields });
    },
    backendChanged: (change) => tell({ type: 'backend-changed', change }),
    generationLeft: (generation) => generations.left(generation),
  };
}

function shownFor({ traceId, generation }: LoggedFor): { readonly traceId: string; readonly revision: number } {
  return { traceId, revision: generation.revision };
}

/** Undefined unless such lines are wanted, so that nothing is put together for them. */
function debugLine(): WorkerContext['debug'] {
  if (!logging.isDebugging) return undefined;
  return (message, { exchange, ...fields }) => debugLines(message, { ...fields, ...shownFor(exchange) });
}

async function drain(drainMs: number): Promise<void> {
  if (engine !== undefined) engine.draining = true;
  // Not awaited in the queue of messages: `stop` must be able to overtake it.
  void (door?.drain(drainMs) ?? Promise.resolve()).then(() => tell({ type: 'drained' }));
}

async function stop(): Promise<void> {
  await door?.close();
  await globalLimits.close();
  stopTicking();
  await accessLog.close();
  tracing?.outbox.close();
  port?.close();
  process.exit(0);
}

function reportVitals(): void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  setInterval(() => {
    const { heapUsed, external } = process.memoryUsage();
    // The histogram measures from tick to tick: what is over the resolution is lag.
    state.reportLoop(Math.max(0, delay.mean / 1e6 - 20) || 0, heapUsed, external);
    delay.reset();
    poolCounts.report(pools.takeFigures());
  }, 1000).unref();
}

/** The types of Node leave out what an entry about a garbage collection says. */
type GcEntry = PerformanceEntry & { readonly detail?: { readonly kind?: number } };

function countGc(): void {
  const kinds = new Map<unknown, GcKind>([
    [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
    [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
    [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
    [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
  ]);
  new PerformanceObserver((list) => {
    for (const { detail, duration } of list.getEntries() as readonly GcEntry[]) {
      const kind = kinds.get(detail?.kind);
      if (kind !== undefined) state.vitals.addGc(index, kind, duration);
    }
  }).observe({ entryTypes: ['gc'] });
}

function tell(message: FromWorker): void {
  port?.postMessage(message);
}
