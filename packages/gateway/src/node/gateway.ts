import type { GatewayConfig, Problem, ProxyConfig } from '@sluice/model';
import { formatPath } from '@sluice/model';
import type { Logger } from '@sluice/service';
import { createHealthChecker } from '../health/index.ts';
import { createManagementServer, renderMetrics, type ManagementFacts } from '../observe/index.ts';
import { createNodeClock, createNodeMemory, NodeState, readTelemetry, SlotRegistry } from '../state/index.ts';
import { randomBytes } from 'node:crypto';
import { flushCompileCache } from 'node:module';
import { releaseStartupMemory } from './release-startup-memory.ts';
import { filesOf, readCertificates, RefusedError } from './files.ts';
import { Planner } from './planner.ts';
import { probePort } from './port-probe.ts';
import { watchCertificates } from './watch-certificates.ts';
import { WorkerSet } from './worker-set.ts';

/** What a gateway starts with. */
export interface GatewayOptions {
  readonly config: GatewayConfig;
  readonly log: Logger;
  /** Shown by /version. */
  readonly version: string;
}

/** What became of a configuration. */
export interface ApplyResult {
  /** False when it says the same as the current one: then there is no new revision and no swap. */
  readonly changed: boolean;
  readonly revision: number;
  /** Keys whose change takes effect only after a restart. */
  readonly restartNeeded: readonly string[];
}

/** Where something listens. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** A running gateway: one node. */
export interface Gateway {
  /**
   * Makes a configuration live on all workers by one swap. Rejects with a RefusedError (and its `problems`) when it
   * cannot; the current one then stays.
   */
  apply(config: GatewayConfig): Promise<ApplyResult>;
  /** Counts a configuration that was refused elsewhere, and shows it in /health until a good one comes. */
  refuse(problems: readonly Problem[]): void;
  readonly revision: number;
  readonly addresses: {
    readonly proxy?: ListenAddress;
    readonly tls?: ListenAddress;
    readonly management: ListenAddress;
  };
  /** Stops accepting, lets what runs finish for at most `drainMs`, and ends. May be called again. */
  close(options: { readonly drainMs: number }): Promise<void>;
  /** The workers, for tests of their replacement. */
  readonly workers: WorkerSet;
}

/** Starts a gateway. Rejects with a PortTakenError, a RefusedError, or the system's error. */
export async function startGateway({ config, log, version }: GatewayOptions): Promise<Gateway> {
  const { proxy } = config;
  const certificates = { current: readCertificates(config) };
  const management = await probePort(config.management.host, config.management.port, 'management.port');
  const ports = {
    http: proxy.http ? await probePort(proxy.host, proxy.port, 'proxy.port') : undefined,
    tls: proxy.tls === undefined ? undefined : await probePort(proxy.host, proxy.tls.port, 'proxy.tls.port'),
  };
  const count = workerCount(proxy, log);
  const memory = createNodeMemory({ workers: count });
  const state = new NodeState(memory, -1);
  const clock = createNodeClock(memory);
  const registry = new SlotRegistry(memory);
  const planner = new Planner(registry);
  const health = createHealthChecker({ state, log });
  let revision = 1;
  let current = config;
  let refusals = 0;
  let lastRefusal: { at: string; message: string } | undefined;
  /** The first configuration is live on every worker. */
  let started = false;
  let closing: Promise<void> | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  planner.plan(config, revision).accept();
  const workers = new WorkerSet({
    count,
    start: { memory, proxy, ports, shared: count > 1, ticketKeys: randomBytes(48) },
    state,
    log,
    whole: () => planner.whole(revision, current),
    certificates: () => certificates.current,
  });

  const facts: ManagementFacts = {
    version,
    ready() {
      if (closing !== undefined) return { ready: false, reason: 'the gateway is shutting down' };
      if (!started) return { ready: false, reason: 'no configuration is live yet' };
      // While one worker is being replaced the others serve all there is.
      return workers.running > 0 ? { ready: true } : { ready: false, reason: 'no worker is running' };
    },
    health() {
      const running = workers.running;
      const whole = running === count && lastRefusal === undefined && closing === undefined;
      return {
        status: running === 0 ? 'unhealthy' : whole ? 'healthy' : 'degraded',
        revision,
        workers: { running, configured: count },
        ...(lastRefusal !== undefined && { lastRefusal }),
      };
    },
    metrics: () =>
      renderMetrics({
        telemetry: readTelemetry(memory),
        state,
        now: clock(),
        routes: planner.measured(),
        workers: count,
        revision,
        configRefusals: refusals,
        workerRestarts: workers.restarts,
        residentBytes: process.memoryUsage.rss(),
        cpuSeconds: cpuSeconds(),
      }),
  };
  const server = createManagementServer({
    host: config.management.host,
    port: management,
    facts,
    onError: (error) => log.error('a management request failed', { reason: error.stack ?? error.message }),
  });
  await server.listen();
  health.update(planner.targets());
  try {
    await workers.start();
    started = true;
  } catch (error) {
    health.close();
    await Promise.all([server.close(), workers.stop()]);
    throw error;
  }
  flushCompileCache();
  releaseStartupMemory();
  const watching = watchCertificates(() => filesOf(current), refreshCertificates);

  function refreshCertificates(): void {
    try {
      certificates.current = readCertificates(current);
      workers.replaceCertificates(certificates.current);
      log.info('certificates are exchanged', { count: certificates.current.length });
    } catch (error) {
      log.error('certificates could not be read; the last good ones stay', {
        reason: error instanceof RefusedError ? error.message : String(error),
      });
    }
  }

  async function applyNow(next: GatewayConfig): Promise<ApplyResult> {
    if (closing !== undefined) throw new Error('the gateway is shutting down');
    const restartNeeded = needsRestart(current, next);
    if (planner.isCurrent(next)) {
      lastRefusal = undefined;
      return { changed: false, revision, restartNeeded };
    }
    const read = readCertificates(next);
    registry.reclaim(state.oldestRevision());
    const { plan, accept } = planned(next);
    accept();
    revision = plan.revision;
    current = next;
    certificates.current = read;
    if (read.length > 0) workers.replaceCertificates(read);
    health.update(planner.targets());
    watching.refresh();
    await workers.apply(plan);
    lastRefusal = undefined;
    return { changed: true, revision, restartNeeded };
  }

  function planned(next: GatewayConfig): ReturnType<Planner['plan']> {
    try {
      return planner.plan(next, revision + 1);
    } catch (error) {
      planner.forgetRefused(revision);
      throw new RefusedError([{ path: ['routes'], message: error instanceof Error ? error.message : String(error) }]);
    }
  }

  return {
    workers,
    addresses: {
      ...(ports.http !== undefined && { proxy: { host: proxy.host, port: ports.http } }),
      ...(ports.tls !== undefined && { tls: { host: proxy.host, port: ports.tls } }),
      management: { host: config.management.host, port: management },
    },
    get revision() {
      return revision;
    },
    // One at a time: a swap is complete before the next begins.
    apply(next) {
      const result = queue.then(() => applyNow(next));
      queue = result.catch(() => {});
      return result;
    },
    refuse(problems) {
      refusals++;
      const [first] = problems;
      const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
      lastRefusal = {
        at: new Date().toISOString(),
        message: first === undefined ? 'refused' : `${formatPath(first.path)}: ${first.message}${more}`,
      };
    },
    close({ drainMs }) {
      closing ??= closeAll(drainMs);
      return closing;
    },
  };

  async function closeAll(drainMs: number): Promise<void> {
    watching.close();
    // A swap in progress is completed by the workers before they drain: what they are told, they do in order.
    await workers.drain(drainMs);
    health.close();
    await workers.stop();
    await server.close();
  }
}

/** SO_REUSEPORT spreads connections over threads on Linux and FreeBSD; elsewhere one worker serves all. */
function workerCount(proxy: ProxyConfig, log: Logger): number {
  if (proxy.workers === 1 || process.platform === 'linux' || process.platform === 'freebsd') return proxy.workers;
  log.warn('this system does not share ports between threads: running one worker', { configured: proxy.workers });
  return 1;
}

function needsRestart(current: GatewayConfig, next: GatewayConfig): string[] {
  const keys = ['host', 'port', 'http', 'workers', 'transport', 'accessLog'] as const;
  const changed: string[] = keys
    .filter((key) => JSON.stringify(current.proxy[key]) !== JSON.stringify(next.proxy[key]))
    .map((key) => `proxy.${key}`);
  const tls = ['port', 'minVersion'] as const;
  for (const key of tls) if (current.proxy.tls?.[key] !== next.proxy.tls?.[key]) changed.push(`proxy.tls.${key}`);
  for (const key of ['host', 'port'] as const)
    if (current.management[key] !== next.management[key]) changed.push(`management.${key}`);
  return changed;
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
