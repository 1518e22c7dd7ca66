import { MetricText } from '@sluice/service';
import type { HealthReport, ManagementStatus } from '@sluice/service';
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
  readonly dora: Pick<Dora, 'metrics'>;
  readonly saved: Pick<SavedFile, 'status'>;
  readonly version: string;
}

/** The health of a control process. */
export interface ControlHealth extends HealthReport {
  readonly revision: number;
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
    metrics: () => metrics(health(options)) + options.dora.metrics(),
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
  return {
    status: reachable && writable && connected && isAsWritten ? 'healthy' : 'degraded',
    revision,
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

/** Prometheus text. The names begin like those of the gateway. */
function metrics({ revision, control, file }: ControlHealth): string {
  const gauges: readonly (readonly [string, string, number])[] = [
    ['revision', 'Current revision of the configuration.', revision],
    ['store_reachable', '1 when the store answered the last time.', Number(control.store.reachable)],
    ['bus_connected', '1 when Redis is connected, or none is configured.', Number(control.bus.connected)],
    ['leading', '1 when this process leads.', Number(control.leading)],
    ['nodes_live', 'Nodes that reported within the last 15 seconds.', control.nodes],
    ['nodes_converged', '1 when every live node runs the current revision.', Number(control.converged)],
    ['file_routes_not_live', 'Routes whose saved change is on trial or was taken back.', file?.notLive.length ?? 0],
  ];
  const text = new MetricText();
  for (const [name, help, value] of gauges) text.single(`api_gateway_control_${name}`, 'gauge', help, value);
  return text.toString();
}
