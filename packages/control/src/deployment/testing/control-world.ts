import { parseConfig } from '@sluice/model';
import type { DeploymentsConfig, RouteDocument, Unchecked } from '@sluice/model';
import type { Logger } from '@sluice/service';
import { createModelReader, createRouteVersions, openConfiguration } from '../../configuration/index.ts';
import type { Configuration } from '../../configuration/index.ts';
import { NotLeadingError } from '../../lock/index.ts';
import { createMemoryStore, defineCollection, StoreUnavailableError } from '../../store/index.ts';
import type { Store } from '../../store/index.ts';
import { allCollections } from '../../process/collections.ts';
import { createChangeGate } from '../change-gate.ts';
import { Deployments } from '../deployments.ts';
import { DeploymentStore } from '../deployment-store.ts';
import { Runner } from '../runner.ts';
import { begin } from './parts.ts';
import { Traffic } from './traffic.ts';

/** One control process. */
export interface ControlProcess {
  readonly configuration: Configuration;
  readonly deployments: Deployments;
  readonly runner: Runner;
  leading: boolean;
}

/** The audit entries of deployments. */
export const auditNotes = defineCollection<{ text: string }>('audit_notes', {});

const fence = defineCollection<{ token: number }>('test_fence', {});

/** Control processes that share a store, with nodes and a clock that only tests move. */
export class ControlWorld {
  now = begin;
  readonly traffic = new Traffic();
  /** Whether new deployments wait for nodes. */
  hasNodes = false;
  readonly store: Store;
  readonly config: DeploymentsConfig;
  /** The errors that the processes logged. */
  readonly errors: string[] = [];
  #ids = 0;
  #terms = 0;

  constructor(
    config: Partial<DeploymentsConfig> = {},
    store: Store = createMemoryStore([...allCollections, auditNotes, fence]),
  ) {
    const read = parseConfig({ routes: [] });
    if (!read.ok) throw new Error('the empty configuration is sound');
    this.config = { ...read.config.deployments, ...config };
    this.store = store;
  }

  /** Starts a control process. Its store may fail. */
  async process(store: Store = this.store): Promise<ControlProcess> {
    const reader = createModelReader({ listeners: [], backendIds: () => [] });
    const configuration = await openConfiguration({
      store,
      reader,
      clock: () => this.now,
      newLineage: () => 'one',
      gate: createChangeGate({ store, config: this.config, clock: () => this.now }),
    });
    const clock = (): number => this.now;
    const versions = createRouteVersions({ store, configuration, reader, clock });
    const notices = () => [];
    const config = this.config;
    const announce = () => {};
    const deploymentStore = new DeploymentStore({ store, configuration, config, notices, announce });
    const leader = {
      leading: false,
      guard: () => {
        if (!process.leading) throw new NotLeadingError('this process does not lead');
        return { kind: 'check' as const, collection: fence, id: 'none', expect: 'absent' as const };
      },
      onChange: () => () => {},
    };
    const runner = new Runner({
      store,
      deploymentStore,
      configuration,
      registry: this.traffic,
      leader: Object.defineProperty(leader, 'leading', { get: () => process.leading }),
      gates: { results: () => [], forget: () => {}, close: () => {} },
      config: this.config,
      auditWrite: (_deployment, { text }) => ({
        kind: 'put',
        collection: auditNotes,
        id: `note-${++this.#ids}`,
        body: { text },
        expect: 'absent',
      }),
      clock,
      log: { ...silent, error: (message) => this.errors.push(message) },
      everyMs: 2_000_000_000,
    });
    const deployments = new Deployments({
      store,
      deploymentStore,
      configuration,
      versions,
      config: this.config,
      figures: (deployment) => runner.latest(deployment),
      hasNodes: () => this.hasNodes,
      onChange: () => () => {},
      clock,
      random: { id: () => `d${++this.#ids}`, token: () => 'a-token-of-the-tests' },
    });
    const process: ControlProcess = { configuration, deployments, runner, leading: this.#terms++ === 0 };
    return process;
  }

  /** Lets time pass second by second, with traffic and rounds of the runners. */
  async pass(seconds: number, processes: readonly ControlProcess[]): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      this.traffic.flow(splitsOf(processes[0].configuration), 1);
      this.now += 1000;
      for (const { runner, configuration } of processes) {
        await runner.round();
        await configuration.refresh().catch(unlessDead);
      }
    }
  }
}

/** A process that has died cannot read any more; every other error fails the test. */
function unlessDead(error: unknown): void {
  if (!(error instanceof StoreUnavailableError)) throw error;
}

/** The splits of all routes. */
export function splitsOf(configuration: Configuration) {
  return configuration.routes().flatMap(({ id, document }) => {
    const split = document['split'] as { deploymentId: string; epoch: number; percentage: number } | undefined;
    return split === undefined ? [] : [{ ...split, routeId: id }];
  });
}

/** The document of a route. */
export function routeDocument(name: string, rest: Unchecked<RouteDocument> = {}): Unchecked<RouteDocument> {
  return { name, pathPattern: `/${name}/**`, backends: [{ name: 'a', url: 'http://10.0.0.1:80' }], ...rest };
}

const silent: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
};
