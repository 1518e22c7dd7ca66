import type { GatewayConfig, NodeConnection, Problem } from '@sluice/model';
import { encodeBackend, encodeRoute, isAnyMeasured, listenersOf } from '@sluice/model';
import { LogLevels, messageOf } from '@sluice/service';
import type { Logger, ManagementStatus, ManagementHandler } from '@sluice/service';
import type { SpanSink } from '@sluice/service/otlp';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { createAccess } from '../access/index.ts';
import type { Access } from '../access/index.ts';
import { createApi } from '../api/index.ts';
import type { Bus } from '../bus/index.ts';
import { claimStore } from '../store/claim-store.ts';
import {
  ConfigurationConflictError,
  createModelReader,
  createRouteVersions,
  openConfiguration,
} from '../configuration/index.ts';
import type { Author, ChangeGate, Configuration, Outcome, WholeConfiguration } from '../configuration/index.ts';
import { controlDependencies, controlStatus } from './control-status.ts';
import { Dora } from '../dora/index.ts';
import { createChangeGate } from '../deployment/index.ts';
import { HandOverError, letGoProblems, takeOverProblems } from './hand-over.ts';
import { startHousekeeping } from './housekeeping.ts';
import { createLeader } from '../lock/index.ts';
import {
  ConsumerFeed,
  createLocalConnection,
  createNodeHub,
  createNodeRegistry,
  followLogLevel,
} from '../nodes/index.ts';
import type { NodeRegistry, OwnGateway } from '../nodes/index.ts';
import { openDeployments } from './open-deployments.ts';
import { openSharedParts } from './shared-parts.ts';
import { allCollections } from './collections.ts';
import { SavedFile } from '../saves/index.ts';
import type { FileContent, SaveOutcome } from '../saves/index.ts';
import { openStore } from '../store/index.ts';
import type { Store, Write } from '../store/index.ts';
import { StoreWatch } from './store-watch.ts';
import { WatchedStore } from '../store/watched-store.ts';

export interface ControlPlaneOptions {
  readonly config: GatewayConfig;
  readonly log: Logger;
  /** The level of that log, which people may change over the API; by default the one of the configuration. */
  readonly logLevels?: LogLevels | undefined;
  readonly version: string;
  /** Takes the spans of deployments; undefined when nothing is traced. */
  readonly spans?: SpanSink | undefined;
  /** The gateway in this process, while it runs; left out where there is none. */
  readonly ownGateway?: (() => OwnGateway | undefined) | undefined;
}

/** A running control plane. */
export interface ControlPlane {
  /** Serves the management API and the pages beside it. */
  readonly handler: ManagementHandler;
  readonly status: ManagementStatus;
  /** The connection for the node in this process. */
  readonly connection: NodeConnection;
  readonly bus: Bus;
  readonly configuration: Configuration;
  /** The password generated for `admin` at the first start, to be shown once. */
  readonly adminPassword: string | undefined;
  /**
   * Applies the routes and backends of a file, which owns the configuration from now on. Changes that are measured begin
   * their trial; all others are live when it resolves.
   */
  importFile(config: FileContent, file: string): Promise<SaveOutcome>;
  /** Whether changes of a file are measured, or have been: nodes then run what the control plane has, not the file itself. */
  isMeasured(config: FileContent): Promise<boolean>;
  /** Why the file cannot leave its routes to the API; empty when it can. */
  letGoProblems(): readonly Problem[];
  /** The file has no routes any more: the API owns those that are there, from now on. */
  letGo(file: string): Promise<void>;
  /**
   * A file has routes while the API owns them: it owns them from now on if they are the same. Rejects with a HandOverError
   * otherwise.
   */
  takeOver(config: FileContent, file: string): Promise<void>;
  /** Applies a first configuration, unless there is one already. */
  seed(whole: WholeConfiguration, by: string): Promise<void>;
  /** Finishes what is under way and closes everything. May be called again. */
  close(): Promise<void>;
}

/**
 * Opens the control plane on its store. Rejects with a StoreUnavailableError when the store cannot be reached (the caller may
 * try again later), with a StoreInUseError, or with an error that says what to change.
 */
export async function openControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const closers: (() => unknown)[] = [];
  try {
    return await open(options, closers);
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

/** Makes the parts, each from the ones before it. `closers` gets a function for each part that must be closed. */
async function open(
  { config, log, logLevels = new LogLevels(config.logging.level), version, spans, ownGateway }: ControlPlaneOptions,
  closers: (() => unknown)[],
): Promise<ControlPlane> {
  const clock = Date.now;

  // 1. The store, and what is shared with other processes.
  const claim = await claimStore(config.store.url);
  closers.push(() => claim.release());
  const store = new WatchedStore(await openStore({ url: config.store.url, collections: allCollections, log }), log);
  closers.push(() => store.close());
  const shared = await openSharedParts(config, store, log);
  closers.push(() => shared.close());
  const leader = createLeader({ lock: shared.lock, store, log });
  closers.push(() => leader.close());

  // 2. Users, keys, sessions and the audit log.
  const access = createAccess({ store, config: config.access, clock, log });
  closers.push(() => access.close());
  const { adminPassword } = config.access;
  const { password } = await access.bootstrap({ adminPassword, isTemporary: store.isTemporary });

  // 3. The configuration.
  const reader = createModelReader({
    listeners: listenersOf(config),
    hasRedis: config.redis !== undefined,
    backendIds: (): readonly string[] => configuration.sharedBackendIds(),
  });
  const gate = createChangeGate({ store, config: config.deployments, clock });
  const configuration = await openConfiguration({
    store,
    reader,
    clock,
    newLineage: randomUUID,
    gate,
    // The node of this process reports to it: what it runs is no other file.
    fileElsewhere: () => {
      const other = registry.fileOwners().find((nodeId) => nodeId !== connection.nodeId());
      return other === undefined ? undefined : `the file of ${other}`;
    },
  });
  const versions = createRouteVersions({ store, configuration, reader, clock });
  const watch = new StoreWatch({ configuration, log });
  closers.push(() => watch.close());
  // Its health has a time from the first moment on.
  void watch.look();

  // 4. The nodes that run it.
  const registry: NodeRegistry = createNodeRegistry({ bus: shared.bus });
  closers.push(() => registry.close());
  const { bus, announcementKey } = shared;
  const hub = createNodeHub({ configuration, bus, announcementKey, onCommand: followLogLevel(logLevels), log });
  closers.push(() => hub.close());
  const { consumerChanges } = access;
  const feed = new ConsumerFeed({ changes: consumerChanges, confirmedAt: () => configuration.revisionAt, bus });
  closers.push(() => feed.close());
  const connection = createLocalConnection(hub, registry);

  // 5. Deployments.
  const parts = {
    store,
    configuration,
    versions,
    registry,
    access,
    leader,
    bus: shared.bus,
    config,
    clock,
    log,
    spans,
  };
  const { deployments, ...delivering } = openDeployments(parts);
  closers.push(() => delivering.close());
  const dora = new Dora({ store, clock, config: config.deployments, log });

  // 6. The API and housekeeping.
  const { limitFactor } = config.access;
  const api = createApi({
    configuration,
    versions,
    deployments,
    dora,
    access,
    registry,
    hub,
    ownGateway,
    feed,
    config,
    store,
    dependencies: () => controlDependencies({ watch, store, bus: shared.bus }),
    leader,
    version,
    log,
    logLevels,
    limitFactor,
  });
  closers.push(() => api.close());
  const housekeeping = startHousekeeping({ store, configuration, access, leader, history: config.history, clock, log });
  closers.push(() => housekeeping.close());

  // 7. The file, when it owns the routes.
  const isMeasured = async ({ changes }: FileContent): Promise<boolean> =>
    isAnyMeasured(changes) || (await saved.hasHistory());
  const applyAtOnce = (content: FileContent, file: string): Promise<Outcome> => {
    const author = { kind: 'file', name: file } as const;
    const alongside = auditOf(access, author);
    return configuration.apply(wholeOf(content), { author, prune: true, isChecked: true, alongside });
  };
  const saved = new SavedFile({
    store,
    configuration,
    deployments,
    environment: config.deployments.environment,
    process: processName(config, store),
    auditOf: (author) => auditOf(access, author),
    clock,
    log,
  });
  closers.push(() => saved.close());

  return {
    handler: api.handler,
    status: controlStatus({ configuration, registry, leader, watch, bus: shared.bus, store, dora, saved, version }),
    connection: {
      ...connection,
      async report(report) {
        await connection.report(report);
        await access.consumers.noteUses(report.keyUses);
      },
      consumers: (question) => feed.consumers(question),
      consumerPage: (nodeId, from) => feed.consumerPage(nodeId, from),
    },
    bus: shared.bus,
    configuration,
    adminPassword: password,
    isMeasured,
    async importFile(content, file) {
      const isFirst = configuration.owner.kind !== 'file';
      configuration.setOwner({ kind: 'file', file });
      const outcome = (await isMeasured(content))
        ? await saved.save(content, file)
        : { ...(await applyAtOnce(content, file)), isTrial: false };
      if (isFirst) warnOfRemoved(outcome, { file, log });
      // The file goes live in the meantime, whatever the check finds.
      else setImmediate(() => void warnIfHeld(outcome, { gate, file, log }));
      return outcome;
    },
    letGoProblems: () => letGoProblems(configuration),
    async letGo(file) {
      await store.commit([ownerChange(access, { file, owner: 'api', revision: configuration.revision })]);
      await saved.letGo();
      configuration.setOwner({ kind: 'api' });
      const { revision, owner } = configuration;
      log.info('the file leaves the routes and backends to the API: they stay as they are', { file, revision });
      if (owner.kind === 'file') {
        log.warn(
          'another process still has routes in its file: until it lets go of them, they are changed there alone',
          {
            owner: owner.file,
          },
        );
      }
    },
    async takeOver(content, file) {
      await configuration.refresh();
      const author = { kind: 'file', name: file } as const;
      const outcome = await configuration.apply(wholeOf(content), {
        author,
        prune: true,
        isChecked: true,
        dryRun: true,
      });
      const isDeploying = configuration.routes().some(({ document }) => document.split !== undefined);
      const problems = takeOverProblems(outcome, file, isDeploying);
      if (problems.length > 0) throw new HandOverError(problems);
      await store.commit([ownerChange(access, { file, owner: 'file', revision: outcome.revision })]);
      configuration.setOwner({ kind: 'file', file });
      if (await isMeasured(content)) await saved.save(content, file);
      log.info('the file owns the routes and backends from now on: they stay as they are', {
        file,
        revision: outcome.revision,
      });
    },
    async seed(whole, by) {
      if (configuration.revision > 0) return;
      const author = { kind: 'system', name: by } as const;
      await configuration.apply(whole, { author, prune: false, alongside: auditOf(access, author) });
    },
    close: () => closeAll(closers),
  };
}

/** One process alone uses a store that is not shared. Others are told apart by their names, or their addresses. */
function processName({ node, management }: GatewayConfig, { isShared }: Store): string {
  return isShared ? (node.name ?? `${hostname()}:${management.port}`) : 'alone';
}

/** A file that takes over the configuration removes the routes that were made over the API. The log says so at once. */
function warnOfRemoved({ changes, revision }: SaveOutcome, { file, log }: { file: string; log: Logger }): void {
  const removed = changes.filter(({ after }) => after === undefined).length;
  if (removed === 0) return;
  log.warn('the file owns the routes and backends: those that it does not contain are removed', {
    file,
    removed,
    revision,
    before: revision - 1,
  });
}

/** The deployment gate holds requests but not files. A file that changed what the gate would have held is worth a warning. */
async function warnIfHeld(
  { changes, revision }: SaveOutcome,
  { gate, file, log }: { readonly gate: ChangeGate; readonly file: string; readonly log: Logger },
): Promise<void> {
  if (changes.length === 0) return;
  try {
    await gate({ changes, routes: () => [], routesUsing: () => [] });
  } catch (error) {
    const [what, reason] =
      error instanceof ConfigurationConflictError
        ? ['the file made a change that the API would have held', error.message]
        : ['it is not known whether the API would have held the change that the file made', messageOf(error)];
    log.warn(what, { file, revision, reason });
  }
}

function wholeOf({ routes, backends }: FileContent): WholeConfiguration {
  return { routes: routes.map(encodeRoute), backends: backends.map(encodeBackend) };
}

/** The audit entry of routes that change hands. */
function ownerChange(
  { audit }: Access,
  { file, owner, revision }: { readonly file: string; readonly owner: 'file' | 'api'; readonly revision: number },
): Write {
  return audit.auditWrite({
    eventType: 'configuration.ownerChanged',
    entityType: 'configuration',
    user: file,
    userKind: 'file',
    address: 'local',
    traceId: randomUUID(),
    outcome: 'done',
    revision,
    details: { owner },
  });
}

/** The audit entry of a change that did not come from a request. */
function auditOf(access: Access, author: Author): (outcome: Outcome) => readonly Write[] {
  return ({ revision, changes }) => [
    access.audit.auditWrite({
      eventType: 'configuration.applied',
      entityType: 'configuration',
      user: author.name,
      userKind: author.kind === 'file' ? 'file' : 'system',
      address: 'local',
      traceId: randomUUID(),
      outcome: 'done',
      revision,
      details: { changes: changes.length },
    }),
  ];
}

/** Closes everything, the last opened first. An error keeps nothing else from being closed. */
async function closeAll(closers: (() => unknown)[]): Promise<void> {
  const failures: unknown[] = [];
  for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
    try {
      await close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'the control plane could not be closed cleanly');
}
