import { parseConfig } from '@sluice/model';
import type { GatewayConfig } from '@sluice/model';
import { LogLevels } from '@sluice/service';
import type { Logger } from '@sluice/service';
import { createManualClock } from '@sluice/service/testing';
import { createAccess } from '../../access/index.ts';
import type { Access } from '../../access/index.ts';
import { createProcessBus } from '../../bus/index.ts';
import { Dora } from '../../dora/index.ts';
import { createChangeGate } from '../../deployment/index.ts';
import { createModelReader, createRouteVersions, openConfiguration } from '../../configuration/index.ts';
import type { Configuration, RouteVersions } from '../../configuration/index.ts';
import { ConsumerFeed, createNodeHub, createNodeRegistry, followLogLevel } from '../../nodes/index.ts';
import { nodeReport } from '../../nodes/testing/report.ts';
import { allCollections } from '../../process/collections.ts';
import { createMemoryStore, StoreUnavailableError } from '../../store/index.ts';
import type { Collection, Store, Stored, Write } from '../../store/index.ts';
import { createApi } from '../api.ts';
import type { Api } from '../api.ts';
import { idempotencyKeys } from '../idempotency-collection.ts';
import { fakeProvider } from './fake-provider.ts';
import { faultyStore } from './faulty-store.ts';
import { ownGateway } from './own-gateway.ts';
import { passwordCost, patience } from './start-api.ts';
import { testDeployments } from './test-deployments.ts';
import type { TestDeployments } from './test-deployments.ts';

/** A management API on a memory store, as it is composed for real, but for the clock and limits that are off. */
export interface Subject {
  readonly api: Api;
  readonly access: Access;
  readonly configuration: Configuration;
  readonly versions: RouteVersions;
  readonly deployments: TestDeployments;
  readonly store: Store;
  /** Milliseconds since 1970. */
  readonly clock: { now: number };
  /** What was logged as an error: a bug, each time. */
  readonly faults: readonly string[];
  /** Everything that is kept but the audit log and when somebody was last seen, and what is in memory of it. */
  state(): Promise<string>;
  /** From now on the store cannot be reached. */
  loseStore(): void;
  close(): Promise<void>;
}

/** Every document of a store, by collection. */
export type Documents = ReadonlyMap<Collection, readonly Stored[]>;

/** When everything happens, in milliseconds since 1970. */
export const testTime = Date.parse('2026-06-01T12:00:00.000Z');

/** Of all users. */
export const password = 'correct horse battery staple';

/** The join token of the nodes. */
export const joinToken = 'join-token-of-the-nodes';

const collections = [...new Set<Collection>([...allCollections, idempotencyKeys])];
/** Reading leaves traces here. */
const traces = new Set(['audit_entries', 'access_uses']);

/** Composes the API on a copy of these documents; on an empty store without. */
export async function createSubject(documents: Documents = new Map()): Promise<Subject> {
  const time = { now: testTime };
  const clock = (): number => time.now;
  const faults: string[] = [];
  const log = faultLog(faults);
  const memory = createMemoryStore(collections);
  await copyInto(memory, documents);
  let isLost = false;
  const store = faultyStore(memory, async (run) => {
    if (isLost) throw new StoreUnavailableError('the store is away');
    return run();
  });
  const access = createAccess({ store, config: config.access, clock, log, passwordCost });
  const reader = createModelReader({ listeners: [], backendIds: () => configuration.sharedBackendIds() });
  const gate = createChangeGate({ store, config: config.deployments, clock });
  const configuration = await openConfiguration({ store, reader, clock, newLineage: () => 'lineage', gate });
  const versions = createRouteVersions({ store, configuration, reader, clock });
  const dora = new Dora({ store, clock: clock, config: config.deployments, log });
  const deployments = testDeployments({ store, configuration, versions, config, clock });
  const bus = createProcessBus({ log });
  const registry = createNodeRegistry({ bus, clock: createManualClock() });
  registry.record(nodeReport({ nodeId: 'node-1', lineage: 'lineage', routes: [counted] }));
  const logLevels = new LogLevels('info', createManualClock());
  const hub = createNodeHub({ configuration, bus, onCommand: followLogLevel(logLevels), log });
  const login = async () => access.login({ username: 'viewer', password, address: 'provider', traceId: 'provider' });
  const services = {
    configuration,
    versions,
    deployments,
    dora,
    access: { ...access, oidc: fakeProvider(login) },
    registry,
    hub,
    ownGateway: () => ownGateway,
    feed: new ConsumerFeed({ changes: access.consumerChanges, confirmedAt: () => configuration.revisionAt }),
    store,
    dependencies: () => [{ name: 'store', status: isLost ? 'unhealthy' : 'healthy' }] as const,
    config,
    version: '1.2.3',
    log,
    logLevels,
  };
  const api = createApi({ ...services, clock, limitFactor: 0, timeLimitMs: patience });
  return {
    api,
    access,
    configuration,
    versions,
    deployments,
    store,
    clock: time,
    faults,
    async state() {
      const { revision } = configuration;
      const kept = [...(await documentsOf(memory))].filter(([{ name }]) => !traces.has(name));
      const texts = kept.map(([{ name }, items]) => [name, ...items.map(textOf)].join('\n'));
      return [revision, JSON.stringify(await configuration.export()), ...texts].join('\n');
    },
    loseStore() {
      isLost = true;
    },
    async close() {
      hub.close();
      registry.close();
      await api.close();
      await access.close();
      await bus.close();
    },
  };
}

/** All documents that a store keeps; those of transient collections too. */
export async function documentsOf(store: Store): Promise<Documents> {
  const found = await Promise.all(
    collections.map(async (collection) => [collection, (await store.find(collection, { limit: 1000 })).items] as const),
  );
  return new Map(found);
}

const texts = new WeakMap<Stored, string>();

/** A memory store keeps what it gave before as long as that is not replaced; so each document is written out once. */
function textOf(document: Stored): string {
  const text = texts.get(document) ?? JSON.stringify(document);
  texts.set(document, text);
  return text;
}

const config = testConfig();
const counted = { routeId: 'route-1', requests: 3, failures: 1, p50: 1.5, p95: 2, p99: 9.25 };

function testConfig(): GatewayConfig {
  const year = '8760h';
  const access = { tokenLifetime: '500h', refreshLifetime: '590h', sessionLifetime: '590h', keyRotation: year };
  const parsed = parseConfig({ access, node: { joinToken } });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

function faultLog(faults: string[]): Logger {
  const quiet = (): void => {};
  return {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: (message, { stack, error } = {}) => faults.push(`${message}: ${String(stack ?? error)}`),
  };
}

async function copyInto(store: Store, documents: Documents): Promise<void> {
  const writes = [...documents].flatMap(([collection, items]) =>
    items.map(({ id, body }): Write => ({ kind: 'put', collection, id, body, expect: 'absent' })),
  );
  if (writes.length > 0) await store.commit(writes);
}
