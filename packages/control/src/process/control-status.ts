import { controlMetrics } from '@sluice/model/metrics';
import type { Dependency, HealthReport, ManagementStatus, MetricWriter } from '@sluice/service';
import type { Bus } from '../bus/index.ts';
import type { Configuration, Owner } from '../configuration/index.ts';
import type { Dora } from '../dora/index.ts';
import type { Leader } from '../lock/index.ts';
import type { NodeRegistry } from '../nodes/index.ts';
import type { FileStatus, SavedFile } from '../saves/index.ts';
import type { StoreWatch } from './store-watch.ts';
import type { WatchedStore } from '../store/watched-store.ts';

export interface ControlStatusOptions {
  readonly configuration: Configuration;
  readonly registry: NodeRegistry;
  readonly leader: Leader;
  readonly watch: StoreWatch;
  readonly bus: Bus;
  readonly store: WatchedStore;
  readonly dora: Pick<Dora, 'writeMetrics'>;
  readonly saved: Pick<SavedFile, 'status'>;
  readonly version: string;
}

/** The health of a control process. */
export interface ControlHealth extends HealthReport {
  readonly revision: number;
  /** The store and, if there is one, the bus. */
  readonly dependencies: readonly Dependency[];
  readonly control: {
    /** `writable`: the last change could be stored. */
    readonly store: { readonly kind: string; readonly reachable: boolean; readonly writable: boolean };
    /** Whether other control processes can be reached; true when there can be no others. */
    readonly bus: { readonly connected: boolean };
    readonly leading: boolean;
    /** Who owns the routes: the API, or a file. */
    readonly routes: { readonly owner: Owner['kind']; readonly file?: string };
    readonly nodes: number;
    readonly converged: boolean;
  };
  /** How much of the file is live; absent unless its changes are measured. */
  readonly file?: FileStatus;
}

/** What a control process tells about itself. */
export interface ControlStatus extends ManagementStatus {
  health(): ControlHealth;
}

export function controlStatus(options: ControlStatusOptions): ControlStatus {
  const { watch, version } = options;
  return {
    version,
    ready: () =>
      watch.failure === undefined ? { ready: true } : { ready: false, reason: 'the store does not answer' },
    health: () => health(options),
    writeMetrics: (to) => {
      writeControlMetrics(to, health(options));
      options.dora.writeMetrics(to);
    },
  };
}

function health({ configuration, registry, leader, watch, bus, store, saved }: ControlStatusOptions): ControlHealth {
  const { revision, lineage, owner } = configuration;
  const reachable = watch.failure === undefined;
  const writable = store.failure === undefined;
  const { connected } = bus;
  const live = registry.nodes(revision, lineage).filter((node) => node.live);
  const file = saved.status();
  const isAsWritten =
    file === undefined || (file.behind === 0 && file.notLive.every(({ state }) => state !== 'takenBack'));
  const dependencies = controlDependencies({ watch, store, bus });
  const isWhole = connected && isAsWritten && dependencies.every(({ status }) => status === 'healthy');
  return {
    status: isWhole ? 'healthy' : 'degraded',
    revision,
    dependencies,
    control: {
      store: { kind: store.kind, reachable, writable },
      bus: { connected },
      leading: leader.leading,
      routes: owner.kind === 'file' ? { owner: owner.kind, file: owner.file } : { owner: owner.kind },
      nodes: live.length,
      converged: registry.converged(revision, lineage),
    },
    ...(file !== undefined && { file }),
  };
}

/** What a control process relies on: its store first. Reading it asks nobody anything. */
export function controlDependencies({
  watch,
  store,
  bus,
}: Pick<ControlStatusOptions, 'watch' | 'store' | 'bus'>): readonly Dependency[] {
  return [storeHealth(watch, store), bus.health()].filter((one) => one !== undefined);
}

/** A full disk, for instance, fails changes only: the store is read, and the process does half of its work. */
function storeHealth(watch: StoreWatch, store: WatchedStore): Dependency {
  const read = watch.health();
  if (read.status !== 'healthy' || store.failure === undefined) return read;
  return { ...read, status: 'degraded', reason: store.failure };
}

function writeControlMetrics(to: MetricWriter, { revision, control, file }: ControlHealth): void {
  to.single(controlMetrics.revision, revision);
  to.single(controlMetrics.storeReachable, Number(control.store.reachable));
  to.single(controlMetrics.busConnected, Number(control.bus.connected));
  to.single(controlMetrics.leading, Number(control.leading));
  to.single(controlMetrics.nodesLive, control.nodes);
  to.single(controlMetrics.nodesConverged, Number(control.converged));
  to.single(controlMetrics.fileRoutesNotLive, file?.notLive.length ?? 0);
}
