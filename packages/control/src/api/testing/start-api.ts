import { parseConfig } from '@sluice/model';
import type { GatewayConfigInput, Role } from '@sluice/model';
import { createLogger, LastCheck, LogLevels } from '@sluice/service';
import { createManualClock } from '@sluice/service/testing';
import { createAccess } from '../../access/index.ts';
import type { Access } from '../../access/index.ts';
import { createProcessBus } from '../../bus/index.ts';
import { createClient } from '../../client/index.ts';
import type { Client } from '../../client/index.ts';
import { Dora } from '../../dora/index.ts';
import { createChangeGate } from '../../deployment/index.ts';
import { createModelReader, createRouteVersions, openConfiguration } from '../../configuration/index.ts';
import type { Configuration } from '../../configuration/index.ts';
import { ConsumerFeed, createNodeHub, createNodeRegistry, followLogLevel } from '../../nodes/index.ts';
import type { NodeHub, NodeRegistry } from '../../nodes/index.ts';
import { ownGateway } from './own-gateway.ts';
import { testDeployments } from './test-deployments.ts';
import type { TestDeployments } from './test-deployments.ts';
import { allCollections } from '../../process/collections.ts';
import { createMemoryStore } from '../../store/index.ts';
import type { Store } from '../../store/index.ts';
import { createApi } from '../api.ts';
import type { Api, ApiOptions } from '../api.ts';

/** What a test may decide about the API it starts. */
export interface StartOptions extends Partial<
  Pick<ApiOptions, 'limitFactor' | 'timeLimitMs' | 'watchClock' | 'ownGateway'>
> {
  readonly config?: GatewayConfigInput;
  /** Stands between the API and its store, for faults. */
  readonly faults?: (store: Store) => Store;
}

/** The API with real parts on a store in memory; the clock is the test's. */
export interface StartedApi {
  readonly api: Api;
  readonly access: Access;
  readonly configuration: Configuration;
  readonly deployments: TestDeployments;
  readonly registry: NodeRegistry;
  readonly hub: NodeHub;
  readonly store: Store;
  /** Checks the store now, as a process does every two seconds. */
  checkStore(): Promise<void>;
  readonly clock: { now: number };
  /** The log, line by line. */
  readonly lines: string[];
  /** A token of the user of this role; users are called like their roles, in lower case. */
  token(role: Role): Promise<string>;
  /** A client for the user of this role. */
  client(role: Role): Promise<Client>;
  /** Sends a request as it is. */
  send(method: string, path: string, options?: SendOptions): Promise<Response>;
  close(): Promise<void>;
}

/** A request as it is sent. */
export interface SendOptions {
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly text?: string;
  readonly signal?: AbortSignal;
  /** The names in the certificate that is shown. */
  readonly names?: readonly string[];
  /** Told when the connection is broken by the API. */
  readonly disconnect?: () => void;
}

/** The password of each user that a test logs in as. */
export const testPassword = 'correct horse battery';

/** A route that is right. */
export const testRoute = { name: 'a', backends: [{ name: 'one', url: 'http://10.0.0.1:80' }] };

/** Of passwords that guard nothing. */
export const passwordCost = { memory: 64, passes: 1, parallelism: 1 };

/** How long a request may take unless the test says otherwise, in milliseconds: no slow machine decides a test. */
export const patience = 180_000;

/** Starts the API for a test. */
export async function startApi(options: StartOptions = {}): Promise<StartedApi> {
  const parsed = parseConfig(options.config ?? {});
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const { config } = parsed;
  const clock = { now: Date.UTC(2026, 0, 1) };
  const tick = (): number => clock.now;
  const lines: string[] = [];
  const log = createLogger({ output: { write: (line) => lines.push(line) }, json: true });
  const memory = createMemoryStore(allCollections);
  const store = options.faults?.(memory) ?? memory;
  const access = createAccess({ store, config: config.access, clock: tick, log, passwordCost });
  const reader = createModelReader({ listeners: [], backendIds: () => [] });
  const configuration = await openConfiguration({
    store,
    reader,
    clock: tick,
    newLineage: () => 'lineage',
    gate: createChangeGate({ store, config: config.deployments, clock: tick }),
  });
  const versions = createRouteVersions({ store, configuration, reader, clock: tick });
  const dora = new Dora({ store, clock: tick, config: config.deployments, log });
  const deployments = testDeployments({ store, configuration, versions, config, clock: tick });
  const bus = createProcessBus();
  // However long a test takes, the nodes reported just now.
  const registry = createNodeRegistry({ bus, clock: createManualClock() });
  const logLevels = new LogLevels('info', createManualClock());
  const hub = createNodeHub({ configuration, bus, onCommand: followLogLevel(logLevels), log });
  const check = new LastCheck(createManualClock());
  const checkStore = (): Promise<void> => check.run(() => configuration.refresh()).catch(() => undefined);
  const api = createApi({
    logLevels,
    configuration,
    versions,
    deployments,
    dora,
    access,
    registry,
    hub,
    ownGateway: options.ownGateway ?? (() => ownGateway),
    feed: new ConsumerFeed({ changes: access.consumerChanges, confirmedAt: () => configuration.revisionAt }),
    store,
    dependencies: () => [check.health('store')],
    config,
    log,
    version: '1.2.3',
    clock: tick,
    limitFactor: options.limitFactor ?? 0,
    timeLimitMs: options.timeLimitMs ?? patience,
    watchClock: options.watchClock,
  });
  const tokens = new Map<Role, Promise<string>>();
  const token = (role: Role): Promise<string> => {
    const known = tokens.get(role) ?? makeUser(access, role);
    tokens.set(role, known);
    return known;
  };
  return {
    api,
    access,
    configuration,
    deployments,
    registry,
    hub,
    store,
    checkStore,
    clock,
    lines,
    token,
    client: async (role) =>
      createClient({
        url: 'http://sluice',
        token: await token(role),
        fetch: (url, settings) => api.fetch(new Request(url, settings), { address: '10.1.1.1', isCertified: false }),
      }),
    send: (method, path, { names, disconnect = () => {}, ...rest } = {}) =>
      api.fetch(requestOf(method, path, rest), {
        address: '10.1.1.1',
        isCertified: names !== undefined,
        names,
        disconnect,
      }),
    async close() {
      hub.close();
      registry.close();
      await api.close();
      await access.close();
      await store.close();
    },
  };
}

function requestOf(method: string, path: string, { token, headers, body, text, signal }: SendOptions): Request {
  const content = text ?? (body === undefined ? undefined : JSON.stringify(body));
  return new Request(new URL(path, 'http://sluice'), {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(content !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(content !== undefined && { body: content }),
    ...(signal && { signal }),
  });
}

async function makeUser(access: Access, role: Role): Promise<string> {
  const username = role.toLowerCase();
  const context = { actor: { kind: 'system', name: 'test' }, address: 'local', traceId: 'test' } as const;
  await access.users.create({ username, password: testPassword, role }, context);
  const { token } = await access.login({ username, password: testPassword, address: '10.1.1.1', traceId: 'test' });
  return token;
}
