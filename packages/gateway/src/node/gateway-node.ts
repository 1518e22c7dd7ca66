import { formatPath, type GatewayConfig, type Problem, type ProxyConfig } from '@sluice/model';
import type { Logger } from '@sluice/service';
import { randomBytes } from 'node:crypto';
import { flushCompileCache } from 'node:module';
import type { SnapshotPlan } from '../compile/plan.ts';
import { createHealthChecker, type HealthChecker } from '../health/index.ts';
import { createNodeMemory, NodeState, SlotRegistry } from '../state/index.ts';
import { filesOf, readCertificates, RefusedError } from './files.ts';
import type { ApplyOptions, ApplyResult, Gateway, GatewayOptions } from './gateway.ts';
import type { Certificate } from './messages.ts';
import { nodeFacts, type GatewayFacts } from './node-facts.ts';
import { Planner, type SwapNumbers } from './planner.ts';
import type { Ports } from './ports.ts';
import { allowReleasingMemory, releaseStartupMemory } from './release-startup-memory.ts';
import { restartNeeded } from './restart-needed.ts';
import { watchCertificates, type CertificateWatch } from './watch-certificates.ts';
import { WorkerSet } from './worker-set.ts';

/** What a node is given besides its options: what had to be found out before anything was started. */
export interface NodeResources {
  readonly ports: Ports;
  readonly certificates: readonly Certificate[];
}

/** One running gateway process, seen from its main thread: plans configurations, and keeps the workers that serve them. */
export class GatewayNode implements Gateway {
  readonly workers: WorkerSet;
  readonly addresses: Gateway['addresses'];
  readonly facts: GatewayFacts;
  readonly #log: Logger;
  readonly #state: NodeState;
  readonly #registry: SlotRegistry;
  readonly #planner: Planner;
  readonly #health: HealthChecker;
  /** What was live first: some of it stays in effect until the next start. */
  readonly #startConfig: GatewayConfig;
  #config: GatewayConfig;
  #certificates: readonly Certificate[];
  /** Counts swaps, so that slots are not reused early, whatever becomes of the revisions. */
  #generation = 1;
  #revision: number;
  /** The last revision that was tried, live or not: counting goes on after it. */
  #attempted: number;
  #refusals = 0;
  #lastRefusal: { at: string; message: string } | undefined;
  /** The first configuration is live on every worker. */
  #started = false;
  #watching: CertificateWatch | undefined;
  #closing: Promise<void> | undefined;
  #applying: Promise<unknown> = Promise.resolve();

  readonly #opening: GatewayOptions['opening'];

  constructor({ config, log, version, revision = 1, opening }: GatewayOptions, { ports, certificates }: NodeResources) {
    const count = workerCount(config.proxy, log);
    const memory = createNodeMemory({ workers: count });
    this.#log = log;
    this.#startConfig = config;
    this.#config = config;
    this.#certificates = certificates;
    this.#revision = revision;
    this.#attempted = revision;
    this.#opening = opening;
    this.#state = new NodeState(memory, -1);
    this.#registry = new SlotRegistry(memory);
    this.#planner = new Planner(this.#registry);
    this.#planner.plan(config, this.#numbers()).accept();
    this.#health = createHealthChecker({ state: this.#state, log });
    this.addresses = addressesOf(config, ports);
    this.workers = new WorkerSet({
      count,
      start: { memory, proxy: config.proxy, ports, shared: count > 1, ticketKeys: randomBytes(48) },
      state: this.#state,
      log,
      whole: () => this.#planner.whole(this.#numbers(), this.#config),
      certificates: () => this.#certificates,
    });
    this.facts = nodeFacts(
      { memory, state: this.#state, planner: this.#planner, workers: this.workers, version },
      () => ({
        revision: this.#revision,
        refusals: this.#refusals,
        lastRefusal: this.#lastRefusal,
        started: this.#started,
        closing: this.#closing !== undefined,
        restartNeeded: restartNeeded(this.#startConfig, this.#config),
      }),
    );
  }

  get revision(): number {
    return this.#revision;
  }

  /** Lets the management port open, then opens the workers' doors. When that fails, everything is closed again. */
  async start(): Promise<void> {
    await this.#opening?.(this);
    this.#health.update(this.#planner.targets());
    allowReleasingMemory();
    try {
      await this.workers.start();
    } catch (error) {
      this.#health.close();
      await this.workers.stop();
      throw error;
    }
    this.#started = true;
    this.#watching = watchCertificates(
      () => filesOf(this.#config),
      () => this.#exchangeCertificates(),
    );
    flushCompileCache();
    releaseStartupMemory();
  }

  /** One at a time: a swap is complete before the next begins. */
  apply(config: GatewayConfig, options: ApplyOptions = {}): Promise<ApplyResult> {
    const result = this.#applying.then(() => this.#apply(config, options));
    this.#applying = result.catch(() => {});
    return result;
  }

  refuse(problems: readonly Problem[]): void {
    this.#refusals++;
    const [first] = problems;
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
    const message = first === undefined ? 'refused' : `${formatPath(first.path)}: ${first.message}${more}`;
    this.#lastRefusal = { at: new Date().toISOString(), message };
  }

  reopenLogs(): void {
    this.workers.reopenLogs();
  }

  close({ drainMs }: { readonly drainMs: number }): Promise<void> {
    this.#closing ??= this.#close(drainMs);
    return this.#closing;
  }

  async #apply(next: GatewayConfig, { revision }: ApplyOptions): Promise<ApplyResult> {
    if (this.#closing !== undefined) throw new Error('the gateway is shutting down');
    const changed = !this.#planner.isCurrent(next);
    if (changed) await this.#swap(next, revision ?? this.#attempted + 1);
    else if (revision !== undefined && revision !== this.#revision) await this.#relabel(revision);
    this.#lastRefusal = undefined;
    return { changed, revision: this.#revision, restartNeeded: restartNeeded(this.#startConfig, next) };
  }

  /** Nothing of a configuration is taken over before all of it is known to be usable. */
  async #swap(next: GatewayConfig, revision: number): Promise<void> {
    const certificates = readCertificates(next);
    const previous = { config: this.#config, revision: this.#revision };
    this.#registry.reclaim(this.#state.oldestGeneration());
    this.#attempted = revision;
    const plan = this.#plan(next, revision);
    try {
      await this.workers.apply(plan);
    } catch (error) {
      // A bug, not bad input. Some workers may serve it already: all go back to what was live before.
      await this.workers.apply(this.#plan(previous.config, previous.revision));
      throw error;
    }
    this.#certificates = certificates;
    if (certificates.length > 0) this.workers.replaceCertificates(certificates);
    this.#health.update(this.#planner.targets());
    this.#watching?.refresh();
  }

  /** Shows what runs under another revision. Nothing is compiled for it. */
  async #relabel(revision: number): Promise<void> {
    this.#attempted = revision;
    this.#revision = revision;
    this.#generation++;
    await this.workers.apply({ ...this.#numbers(), proxy: this.#config.proxy, upserts: [], removed: [] });
  }

  #numbers(): SwapNumbers {
    return { generation: this.#generation, revision: this.#revision };
  }

  /** Plans the way to a configuration, which is the current one from then on. */
  #plan(next: GatewayConfig, revision: number): SnapshotPlan {
    try {
      const { plan, accept } = this.#planner.plan(next, { generation: this.#generation + 1, revision });
      accept();
      this.#generation = plan.generation;
      this.#revision = revision;
      this.#config = next;
      return plan;
    } catch (error) {
      this.#planner.forgetRefused(this.#generation);
      throw new RefusedError([{ path: ['routes'], message: error instanceof Error ? error.message : String(error) }]);
    }
  }

  #exchangeCertificates(): void {
    try {
      this.#certificates = readCertificates(this.#config);
      this.workers.replaceCertificates(this.#certificates);
      this.#log.info('certificates are exchanged', { count: this.#certificates.length });
    } catch (error) {
      const reason = error instanceof RefusedError ? error.message : String(error);
      this.#log.error('certificates could not be read; the last good ones stay', { reason });
    }
  }

  async #close(drainMs: number): Promise<void> {
    this.#watching?.close();
    // A swap in progress is completed by the workers before they drain: what they are told, they do in order.
    await this.workers.drain(drainMs);
    this.#health.close();
    await this.workers.stop();
  }
}

/** SO_REUSEPORT spreads connections over threads on Linux and FreeBSD; elsewhere one worker serves all. */
function workerCount(proxy: ProxyConfig, log: Logger): number {
  if (proxy.workers === 1 || process.platform === 'linux' || process.platform === 'freebsd') return proxy.workers;
  log.warn('this system does not share ports between threads: running one worker', { configured: proxy.workers });
  return 1;
}

function addressesOf({ proxy }: GatewayConfig, ports: Ports): Gateway['addresses'] {
  return {
    ...(ports.http !== undefined && { proxy: { host: proxy.host, port: ports.http } }),
    ...(ports.tls !== undefined && { tls: { host: proxy.host, port: ports.tls } }),
  };
}
