import { formatPath } from '@sluice/model';
import type {
  Explanation,
  FollowedRequests,
  GatewayConfig,
  NodeFault,
  ProxyConfig,
  RequestFilter,
} from '@sluice/model';
import { LogLevels, systemClock, Turns, watchFiles } from '@sluice/service';
import type { ConfigProblem, FilesWatch, Logger } from '@sluice/service';
import { randomBytes, randomUUID } from 'node:crypto';
import { flushCompileCache } from 'node:module';
import { isDeepStrictEqual } from 'node:util';
import type { Question } from '../explain/explain.ts';
import { createHealthChecker } from '../health/index.ts';
import type { HealthChecker } from '../health/index.ts';
import type { RoutePlan } from '../compile/plan.ts';
import {
  ConsumerRegistry,
  createNodeClock,
  createNodeMemory,
  ExemplarReader,
  NodeState,
  readQuotas,
  restoreQuotas,
  RouteTelemetry,
} from '../state/index.ts';
import type { QuotaRecord } from '../state/index.ts';
import { expiriesOf } from './certificates.ts';
import type { CertificateExpiry } from './certificates.ts';
import { Counters } from './counters.ts';
import { RouteFaults } from './faults.ts';
import { checkPolicies } from './check-policies.ts';
import { BackendChanges } from './backend-changes.ts';
import { takeConsumers } from './file-consumers.ts';
import { filesOf, readCertificates, RefusedError } from './files.ts';
import type { ApplyOptions, ApplyResult, CheckedBackend, Gateway, GatewayOptions } from './gateway.ts';
import { KeyFiles } from './key-files.ts';
import type { Certificate, LogSettings } from './messages.ts';
import { fetchKeySet } from './key-sets/fetch-key-set.ts';
import { KeptKeySets } from './key-sets/kept-key-sets.ts';
import { KeySets } from './key-sets/key-sets.ts';
import { NamedFiles } from './named-files.ts';
import { gatewayStatus } from './gateway-status.ts';
import type { GatewayStatus } from './gateway-status.ts';
import { QuotaFile } from './quota-file.ts';
import { Planner } from './planner.ts';
import { RequestRate } from './request-rate.ts';
import { RedisChanges } from './redis-changes.ts';
import type { Difference } from './planner.ts';
import type { HeldPorts, Ports } from './ports.ts';
import { allowReleasingMemory } from './release-startup-memory.ts';
import { restartNeeded } from './restart-needed.ts';
import type { FixedAtStart } from './restart-needed.ts';
import type { SplitReadiness } from './warm/warm-up.ts';
import { Swapper } from './swapper.ts';
import type { Numbering } from './swapper.ts';
import { ownDoor } from './warm/smoke.ts';
import { WarmUp } from './warm/warm-up.ts';
import { secretsIn } from './worker-logging.ts';
import { WorkerSet } from './worker-set.ts';

/** What has to be known before a gateway starts. */
export interface NodeResources {
  readonly held: HeldPorts;
  readonly certificates: readonly Certificate[];
  /** Where daily quotas are kept. */
  readonly quotaFile: string;
  /** What was kept there. */
  readonly quotas: QuotaRecord | undefined;
}

/** The main thread of a gateway: plans configurations, and keeps the workers that serve them. */
export class GatewayNode implements Gateway {
  readonly #workers: WorkerSet;
  readonly addresses: Gateway['addresses'];
  readonly status: GatewayStatus;
  readonly consumers: ConsumerRegistry;
  readonly #log: Logger;
  readonly #levels: LogLevels;
  readonly #redaction: GatewayOptions['redaction'];
  readonly #state: NodeState;
  readonly #planner: Planner;
  readonly #health: HealthChecker;
  readonly #swapper: Swapper;
  readonly #files: NamedFiles;
  readonly #keySets: KeySets;
  readonly #keyFiles: KeyFiles;
  readonly #quotas: QuotaFile;
  readonly #held: HeldPorts;
  readonly #faults = new RouteFaults();
  readonly #warmUp: WarmUp;
  /** The configuration of the start, some of which stays in effect until the next start. */
  readonly #atStart: FixedAtStart;
  #certificates: readonly Certificate[];
  #expiries: { readonly of: readonly Certificate[]; readonly all: readonly CertificateExpiry[] } | undefined;
  readonly #stopRate: () => void;
  readonly #stopLevels: () => void;
  #refusals = 0;
  #lastRefusal: { at: string; message: string } | undefined;
  /** The first configuration is live on every worker. */
  #started = false;
  #watching: FilesWatch | undefined;
  #closing: Promise<void> | undefined;
  readonly #turns = new Turns();

  readonly #opening: GatewayOptions['opening'];

  constructor(
    { config, log, logLevels = new LogLevels(config.logging.level), version, revision = 1, ...options }: GatewayOptions,
    { held, certificates, quotaFile, quotas }: NodeResources,
  ) {
    const { ports } = held;
    this.#held = held;
    const count = workerCount(config.proxy, log);
    const memory = createNodeMemory({ workers: count, quotaSecret: quotas?.secret });
    this.#log = log;
    this.#levels = logLevels;
    this.#redaction = options.redaction;
    // Without routes and consumers, which would otherwise be kept as long as the process runs.
    const { routes, backends, consumers: _consumers, ...atStart } = config;
    this.#atStart = atStart;
    this.#certificates = certificates;
    this.#opening = options.opening;
    const state = new NodeState(memory, -1);
    this.#state = state;
    const clock = createNodeClock(memory);
    if (quotas !== undefined) restoreQuotas(state.limits.quotas, quotas, clock(), Date.now());
    this.#quotas = new QuotaFile({
      file: quotaFile,
      log,
      read: () => readQuotas(state.limits.quotas, clock(), Date.now()),
    });
    this.consumers = new ConsumerRegistry(memory.consumers);
    const counters = new Counters(memory);
    const { registry } = counters;
    this.#planner = new Planner(registry);
    this.#files = new NamedFiles({
      folder: config.node.filesFolder,
      policiesFolder: config.node.policiesFolder,
      // The operator wrote a file of routes on this machine; somebody else may have written routes from control.
      anyPath: () => this.#swapper.config.routesOwner === 'file',
      log,
      onChange: (file) => {
        this.#redaction?.hideValues(secretsIn(file));
        this.#workers.putFile(file);
        if (file.kind === 'authorities') this.#swapper.remark(file.name);
        if (file.kind === 'credentials') this.#keyFiles.tell();
      },
    });
    const { trustOf, secretOf } = this.#files;
    this.#keyFiles = new KeyFiles(this.#planner, this.#files.credentialsOf, log);
    this.#keySets = new KeySets({
      caOf: this.#files.credentialsOf,
      log,
      onChange: (keys) => this.#workers.putFile(keys),
      fetch: fetchKeySet,
      kept: options.keySetsFile === undefined ? undefined : new KeptKeySets(options.keySetsFile, log),
      clock: systemClock,
      counts: state.helpers,
    });
    const changes = new BackendChanges(log);
    const redis = new RedisChanges(log, config.redis, () => state.redis.whenAway);
    this.#health = createHealthChecker({ state, log, trustOf, secretOf, now: createNodeClock(memory) });
    this.#swapper = new Swapper({ ...atStart, routes, backends }, revision, {
      planner: this.#planner,
      registry,
      state,
      health: this.#health,
      files: {
        trustOf,
        add: async (uses) => {
          await this.#files.add(uses);
          await this.#keySets.add(uses);
        },
        remove: (uses) => {
          this.#files.remove(uses);
          this.#keySets.remove(uses);
        },
      },
      workers: {
        prepare: (plan) => this.#workers.prepare(plan),
        discard: () => this.#workers.discard(),
        commit: (plan) => {
          this.#faults.begin(plan);
          return this.#workers.commit(plan);
        },
      },
    });
    state.redis.setWhenAway(config.limits.whenRedisIsAway);
    this.addresses = addressesOf(config, ports);
    this.#workers = new WorkerSet({
      count,
      start: {
        memory,
        proxy: config.proxy,
        ports,
        shared: count > 1,
        ticketKeys: randomBytes(48),
        redis: config.redis,
        exemplars: config.metrics.exemplars,
        tracing: config.tracing,
        nodeId: randomUUID(),
      },
      state,
      log,
      whole: () => this.#swapper.whole(),
      certificates: () => this.#certificates,
      files: () => [...this.#files.texts(), ...this.#keySets.texts()],
      logging: () => this.#logging,
      onFault: (routeName, reason) => this.#faults.put(routeName, reason),
      backendChanged: (change) => changes.heard(change),
      askKeys: (name) => this.#keySets.ask(name),
      redis,
      spans: options.spans,
    });
    const workers = this.#workers;
    this.#stopLevels = logLevels.onChange(() => workers.setLogging(this.#logging));
    this.#warmUp = new WarmUp({ workers, health: this.#health, state, door: ownDoor(this.addresses) });
    const readiness = (plan: RoutePlan): SplitReadiness => this.#warmUp.readiness(plan);
    const faults = (): NodeFault[] =>
      this.#faults.of(this.#planner, {
        trustOf,
        secretOf,
        credentialsOf: this.#files.credentialsOf,
        keysOf: this.#keySets.textOf,
      });
    const reasons = changes.reasons.bind(changes);
    const checkedAt = (target: number): number | undefined => this.#health.checkedAt(target);
    const exemplars = config.metrics.exemplars ? new ExemplarReader(memory) : undefined;
    const telemetry = new RouteTelemetry(memory);
    const rate = new RequestRate(() => telemetry.finishedByNode(), clock);
    this.#stopRate = rate.start();
    const expiries = (): readonly CertificateExpiry[] => this.#certificateExpiries();
    const measured = { memory, counters, exemplars, rate, expiries, state, planner: this.#planner, workers };
    const sources = { ...measured, version, faults, reasons, checkedAt };
    this.status = gatewayStatus({ ...sources, readiness, redis, keySets: () => this.#keySets.views() }, () => ({
      revision: this.revision,
      refusals: this.#refusals,
      lastRefusal: this.#lastRefusal,
      started: this.#started,
      closing: this.#closing !== undefined,
      restartNeeded: restartNeeded(this.#atStart, this.#swapper.config),
    }));
  }

  get #logging(): LogSettings {
    const { redact } = this.#swapper.config.logging;
    return { level: this.#levels.level, redact, secrets: this.#redaction?.values ?? [] };
  }

  get revision(): number {
    return this.#swapper.revision;
  }

  /** Lets the management port open, then opens the workers' doors. When that fails, everything is closed again. */
  async start({ consumers }: Pick<GatewayConfig, 'consumers'>): Promise<void> {
    allowReleasingMemory();
    try {
      await takeConsumers(this.consumers, consumers);
      await this.#swapper.begin();
      this.#keyFiles.tell();
      await this.#opening?.(this);
      await this.#workers.start();
    } catch (error) {
      this.#stopRate();
      this.#stopLevels();
      this.#health.close();
      this.#files.close();
      this.#keySets.close();
      await this.#workers.stop();
      await this.#quotas.close();
      throw error;
    }
    this.#started = true;
    this.#warmUp.update(this.#planner.splitRoutes());
    this.#watching = watchFiles(
      () => filesOf(this.#swapper.config),
      () => void this.#exchangeCertificates(),
    );
    flushCompileCache();
  }

  /** One at a time: a swap is complete before the next begins. */
  apply(config: GatewayConfig, options: ApplyOptions = {}): Promise<ApplyResult> {
    return this.#turns.run(() => this.#apply(config, options));
  }

  async checkHealth(backendIds?: readonly string[]): Promise<readonly CheckedBackend[]> {
    const wanted = backendIds && new Set(backendIds);
    const backends = [...this.#planner.routes()]
      .flatMap(({ config, places }) =>
        config.backends.map(({ backendId }, index) => ({ backendId, slot: places[index].target })),
      )
      .filter(({ backendId }) => wanted?.has(backendId) ?? true);
    const results = await this.#health.checkNow(new Set(backends.map(({ slot }) => slot)));
    return backends.flatMap(({ backendId, slot }) => {
      const result = results.get(slot);
      return result === undefined ? [] : [{ backendId, result }];
    });
  }

  explain(question: Question): Promise<Explanation> {
    return this.#workers.explain(question);
  }

  follow(filter: RequestFilter, listener: (news: FollowedRequests) => void): () => void {
    return this.#workers.follow(filter, listener);
  }

  refuse(problems: readonly ConfigProblem[]): void {
    this.#refusals++;
    const [first] = problems;
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
    const message = first === undefined ? 'refused' : `${placeOf(first)}${first.message}${more}`;
    this.#lastRefusal = { at: new Date().toISOString(), message };
  }

  standAside(isWanted: boolean): void {
    this.#state.setAside(isWanted);
  }

  reopenLogs(): void {
    this.#workers.reopenLogs();
  }

  close({ drainMs }: { readonly drainMs: number }): Promise<void> {
    this.#closing ??= this.#close(drainMs);
    return this.#closing;
  }

  async #apply(given: GatewayConfig, { revision }: ApplyOptions): Promise<ApplyResult> {
    this.#mustBeOpen();
    const { consumers, ...next } = given;
    const numbering = async (): Promise<number | undefined> => {
      const number = typeof revision === 'function' ? await revision() : revision;
      this.#mustBeOpen();
      return number;
    };
    const difference = this.#planner.compare(next);
    if (difference.changed) await this.#swap(difference, numbering);
    else await this.#swapper.relabel(next, await numbering());
    // Consumers are of no snapshot: they take effect when all the rest has.
    const changed = (await takeConsumers(this.consumers, consumers)) || difference.changed;
    this.#state.redis.setWhenAway(next.limits.whenRedisIsAway);
    this.#levels.configure(next.logging.level);
    this.#workers.setLogging(this.#logging);
    this.#lastRefusal = undefined;
    return { changed, revision: this.revision, restartNeeded: restartNeeded(this.#atStart, next) };
  }

  /** Uses no part of a configuration before all of it is known to be usable. */
  async #swap(difference: Difference, numbering: Numbering): Promise<void> {
    const certificates = difference.proxy ? await readCertificates(difference.config) : this.#certificates;
    await this.#checkPolicies(difference);
    try {
      await this.#swapper.swap(difference, numbering);
    } finally {
      this.#keyFiles.tell();
      this.#warmUp.update(this.#planner.splitRoutes());
    }
    if (!difference.proxy) return;
    this.#certificates = certificates;
    if (certificates.length > 0) this.#workers.replaceCertificates(certificates);
    this.#watching?.refresh();
  }

  /** Over the API, a module that cannot be used is a fault of its route; in a file, it is a mistake of the whole change. */
  async #checkPolicies({ config, indexes }: Difference): Promise<void> {
    if (config.routesOwner !== 'file') return;
    const problems = await checkPolicies(config.routes, indexes);
    if (problems.length > 0) throw new RefusedError(problems);
  }

  #mustBeOpen(): void {
    if (this.#closing !== undefined) throw new Error('the gateway is shutting down');
  }

  /** Certificates are read as objects only when there are others. */
  #certificateExpiries(): readonly CertificateExpiry[] {
    if (this.#expiries?.of !== this.#certificates)
      this.#expiries = { of: this.#certificates, all: expiriesOf(this.#certificates) };
    return this.#expiries.all;
  }

  async #exchangeCertificates(): Promise<void> {
    try {
      const { config } = this.#swapper;
      const certificates = await readCertificates(config);
      // Another configuration came meanwhile. It is read again, since it may name other files.
      if (config !== this.#swapper.config) return await this.#exchangeCertificates();
      if (isDeepStrictEqual(certificates, this.#certificates)) return;
      this.#certificates = certificates;
      this.#workers.replaceCertificates(this.#certificates);
      this.#log.info('certificates were replaced', { count: this.#certificates.length });
    } catch (error) {
      const reason = error instanceof RefusedError ? error.message : String(error);
      this.#log.error('certificates could not be read; the last good ones stay in use', { reason });
    }
  }

  async #close(drainMs: number): Promise<void> {
    this.#watching?.close();
    this.#stopRate();
    this.#files.close();
    this.#keySets.close();
    this.#warmUp.close();
    // Workers handle messages in order, so they complete a swap in progress before they drain.
    await this.#workers.drain(drainMs);
    this.#health.close();
    this.#stopLevels();
    await this.#workers.stop();
    this.#held.release();
    await this.#quotas.close();
  }
}

/** SO_REUSEPORT spreads connections over threads on Linux and FreeBSD; elsewhere one worker serves all. */
function workerCount(proxy: ProxyConfig, log: Logger): number {
  if (proxy.workers === 1 || process.platform === 'linux' || process.platform === 'freebsd') return proxy.workers;
  log.warn('this system cannot share a port between threads; running one worker', { configured: proxy.workers });
  return 1;
}

function addressesOf({ proxy }: GatewayConfig, ports: Ports): Gateway['addresses'] {
  return {
    ...(ports.http !== undefined && { proxy: { host: proxy.host, port: ports.http } }),
    ...(ports.tls !== undefined && { tls: { host: proxy.host, port: ports.tls } }),
  };
}

/** A problem of a file as a whole has no path. */
function placeOf({ path, source }: ConfigProblem): string {
  if (path.length > 0) return `${formatPath(path)}: `;
  return source === undefined ? '' : `${source}: `;
}
