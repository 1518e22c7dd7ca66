import type { ControlConnection, GatewayConfig } from '@sluice/model';
import { encodeBackend, encodeRoute, listenersOf, minimalBackend, minimalRoute } from '@sluice/model';
import type { Logger, ManagementFacts, ManagementHandler } from '@sluice/service';
import { randomUUID } from 'node:crypto';
import { createAccess } from './access/index.ts';
import type { Access } from './access/index.ts';
import { createApi } from './api/index.ts';
import type { Bus } from './bus/index.ts';
import { claimStore } from './claim-store.ts';
import {
  ConfigurationConflictError,
  createModelReader,
  createRouteVersions,
  openConfiguration,
} from './configuration/index.ts';
import type {
  Author,
  ChangeGate,
  ChangeContext,
  Configuration,
  Document,
  EntityType,
  Outcome,
  WholeConfiguration,
} from './configuration/index.ts';
import { controlFacts } from './control-facts.ts';
import { createDelivery } from './delivery/index.ts';
import { createChangeGate } from './deployment/index.ts';
import { startHousekeeping } from './housekeeping.ts';
import { createLeader } from './lock/index.ts';
import { createLocalConnection, createNodeHub, createNodeRegistry } from './nodes/index.ts';
import { openDeployments } from './open-deployments.ts';
import { openSharedParts } from './shared-parts.ts';
import { allCollections } from './store-collections.ts';
import { openStore } from './store/index.ts';
import { StoreWatch } from './store-watch.ts';
import { WatchedStore } from './watched-store.ts';

/** What a control plane starts with. */
export interface ControlPlaneOptions {
  readonly config: GatewayConfig;
  readonly log: Logger;
  /** Of the program. */
  readonly version: string;
}

/** What a file says of routes and backends, found right as a whole. */
export type FileConfiguration = Pick<GatewayConfig, 'routes' | 'backends'>;

/** A running control plane. */
export interface ControlPlane {
  /** Answers the management API, and the pages beside it. */
  readonly handler: ManagementHandler;
  readonly facts: ManagementFacts;
  /** The way to it for the node of the same process. */
  readonly connection: ControlConnection;
  readonly bus: Bus;
  readonly configuration: Configuration;
  /** The password that was made up for `admin` at the first start: to be shown once. */
  readonly adminPassword: string | undefined;
  /** Takes over what a file says, as it was parsed: it decides about routes from now on. */
  importFile(config: FileConfiguration, file: string): Promise<Outcome>;
  /** Brings in a first configuration, unless there is one already. */
  seed(whole: WholeConfiguration, by: string): Promise<void>;
  /** Finishes what is being done and lets go of everything. May be called again. */
  close(): Promise<void>;
}

/**
 * Opens the control plane on its store. Rejects with a StoreUnavailableError when the store cannot be reached (try again
 * later), a StoreInUseError, or an error that says what to change.
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

/** The parts, each with those before it; `closers` takes what lets go of them. */
async function open({ config, log, version }: ControlPlaneOptions, closers: (() => unknown)[]): Promise<ControlPlane> {
  const clock = Date.now;

  // 1. What is kept, and what is shared with other processes.
  const claim = await claimStore(config.store.url);
  closers.push(() => claim.release());
  const store = new WatchedStore(await openStore({ url: config.store.url, collections: allCollections, log }), log);
  closers.push(() => store.close());
  const shared = await openSharedParts(config, store, log);
  closers.push(() => shared.close());
  const leader = createLeader({ lock: shared.lock, store, log });
  closers.push(() => leader.close());

  // 2. Who may do what.
  const access = createAccess({ store, config: config.access, clock, log });
  closers.push(() => access.close());
  const { adminPassword } = config.access;
  const { password } = await access.bootstrap({ adminPassword, isTemporary: store.kind === 'memory' });

  // 3. What is managed.
  const reader = createModelReader({
    listeners: listenersOf(config),
    backendIds: (): readonly string[] => configuration.sharedBackendIds(),
  });
  const gate = createChangeGate({ store, config: config.deployments, clock });
  const configuration = await openConfiguration({ store, reader, minimal, clock, newLineage: randomUUID, gate });
  const versions = createRouteVersions({ store, configuration, reader, clock });
  const watch = new StoreWatch({ configuration, log });
  closers.push(() => watch.close());

  // 4. The nodes it is carried to.
  const registry = createNodeRegistry({ bus: shared.bus });
  closers.push(() => registry.close());
  const { bus, announcementKey } = shared;
  const hub = createNodeHub({ configuration, bus, announcementKey, log });
  closers.push(() => hub.close());

  // 5. New versions of routes, brought in step by step.
  const parts = { store, configuration, versions, registry, access, leader, bus: shared.bus, config, clock, log };
  const { deployments, ...delivering } = openDeployments(parts);
  closers.push(() => delivering.close());
  const delivery = createDelivery({ store, clock, config: config.deployments, log });

  // 6. The API, and what keeps the store tidy.
  const { limitFactor } = config.access;
  const api = createApi({
    configuration,
    versions,
    deployments,
    delivery,
    access,
    registry,
    hub,
    config,
    store,
    leader,
    version,
    log,
    limitFactor,
  });
  closers.push(() => api.close());
  const housekeeping = startHousekeeping({ store, configuration, access, leader, history: config.history, clock, log });
  closers.push(() => housekeeping.close());

  return {
    handler: api.handler,
    facts: controlFacts({ configuration, registry, leader, watch, bus: shared.bus, store, delivery, version }),
    connection: createLocalConnection(hub, registry),
    bus: shared.bus,
    configuration,
    adminPassword: password,
    async importFile({ routes, backends }, file) {
      const isFirst = configuration.owner.kind !== 'file';
      configuration.setOwner({ kind: 'file', file });
      const author = { kind: 'file', name: file } as const;
      const alongside = auditOf(access, author);
      const whole = { routes: routes.map(encodeRoute), backends: backends.map(encodeBackend) };
      const outcome = await configuration.apply(whole, { author, prune: true, isChecked: true, alongside });
      if (isFirst) tellOfRemoved(outcome, { file, log });
      // The file goes live meanwhile, and does so whatever becomes of the telling.
      else setImmediate(() => void tellIfHeld(outcome, { gate, file, log }));
      return outcome;
    },
    async seed(whole, by) {
      if (configuration.revision > 0) return;
      const author = { kind: 'system', name: by } as const;
      await configuration.apply(whole, { author, prune: false, alongside: auditOf(access, author) });
    },
    close: () => closeAll(closers),
  };
}

function minimal(entityType: EntityType, document: Document): Document {
  return entityType === 'route' ? minimalRoute(document) : minimalBackend(document);
}

/** A file that is there again, or for the first time, may take away what was made over the API: nobody is to find out late. */
function tellOfRemoved({ changes, revision }: Outcome, { file, log }: { file: string; log: Logger }): void {
  const removed = changes.filter(({ after }) => after === undefined).length;
  if (removed === 0) return;
  log.warn('the file owns routes and backends: what it does not have is removed', {
    file,
    removed,
    revision,
    before: revision - 1,
  });
}

/** A file is not held as requests are; that it changed something all the same is not to go unseen. */
async function tellIfHeld(
  { changes, revision }: Outcome,
  { gate, file, log }: { readonly gate: ChangeGate; readonly file: string; readonly log: Logger },
): Promise<void> {
  if (changes.length === 0) return;
  try {
    await gate({ changes, routes: () => [], routesUsing: () => [] });
  } catch (error) {
    const [what, reason] =
      error instanceof ConfigurationConflictError
        ? ['the file changed what would be held over the API', error.message]
        : ['it is not known whether what the file changed would be held over the API', String(error)];
    log.warn(what, { file, revision, reason });
  }
}

/** The audit entry of a change that no request asked for. */
function auditOf(access: Access, author: Author): NonNullable<ChangeContext['alongside']> {
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

/** Lets go of everything, what was opened last first. What fails keeps nothing else from being closed. */
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
