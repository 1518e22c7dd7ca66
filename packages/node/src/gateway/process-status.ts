import type { Gateway } from '@sluice/gateway';
import { nodeMetrics } from '@sluice/model/metrics';
import type { Dependency, HealthReport, ManagementStatus, MetricWriter } from '@sluice/service';
import type { AgentStatus } from '../agent/node-agent.ts';

/** The parts of a process. Those that have not started are undefined. */
export interface ProcessParts {
  readonly gateway: () => Gateway | undefined;
  readonly plane: () => { readonly status: Pick<ManagementStatus, 'ready' | 'health' | 'writeMetrics'> } | undefined;
  readonly node: () => AgentStatus | undefined;
  /** Where a node without a control plane of its own hears of revisions, if there is such a place. */
  readonly bus?: (() => Dependency | undefined) | undefined;
  /** What the process sends to a collector. */
  readonly telemetry?: (() => { writeMetrics(to: MetricWriter): void } | undefined) | undefined;
  /** Whether the process is meant to have each. */
  readonly expects: { readonly gateway: boolean; readonly plane: boolean };
  readonly version: string;
}

/** The status of a process that is a gateway, a control plane or both, for its management port. */
export function processStatus({
  gateway,
  plane,
  node,
  bus,
  telemetry,
  expects,
  version,
}: ProcessParts): ManagementStatus {
  return {
    version,
    // A gateway is ready when it can serve, with or without a control plane.
    ready() {
      if (expects.gateway) return gateway()?.status.ready() ?? notReady('no configuration is live yet');
      return plane()?.status.ready() ?? notReady('the store cannot be reached yet');
    },
    health() {
      const parts: readonly HealthReport[] = [
        expects.plane ? (plane()?.status.health() ?? withoutPlane) : withRemotePlane(node(), bus?.()),
        expects.gateway ? (gateway()?.status.health() ?? notServing) : undefined,
      ].filter((part) => part !== undefined);
      const dependencies = parts.flatMap((part) => part.dependencies ?? []);
      const withheld = node()?.withheld === true;
      const isUseless = !expects.gateway && isStoreAway(dependencies);
      const status = worst([...parts, { status: isUseless ? 'unhealthy' : withheld ? 'degraded' : 'healthy' }]);
      // The gateway comes last: requests meet its revision.
      const all = Object.assign({}, ...parts) as HealthReport;
      return { ...all, ...(withheld && { withheld }), status, dependencies };
    },
    writeMetrics(to) {
      gateway()?.status.writeMetrics(to);
      plane()?.status.writeMetrics(to);
      const agent = node();
      if (agent !== undefined) to.single(nodeMetrics.withheld, Number(agent.withheld));
      telemetry?.()?.writeMetrics(to);
    },
  };
}

function notReady(reason: string): { readonly ready: false; readonly reason: string } {
  return { ready: false, reason };
}

/** Before the first configuration. */
const notServing: HealthReport & { readonly revision: number } = { status: 'unhealthy', revision: 0 };

/** The control plane opens with its store. */
const withoutPlane: HealthReport & { readonly control: object } = {
  status: 'degraded',
  control: { store: { reachable: false } },
  dependencies: [{ name: 'store', status: 'unhealthy', reason: 'no connection yet' }],
};

/** A gateway serves without its store. A control plane does nothing without it. */
function isStoreAway(dependencies: readonly Dependency[]): boolean {
  return dependencies.some(({ name, status }) => name === 'store' && status === 'unhealthy');
}

/** A node serves without control, but nobody can change what it does. */
function withRemotePlane(
  node: AgentStatus | undefined,
  bus: Dependency | undefined,
): (HealthReport & { readonly control: object }) | undefined {
  if (node === undefined) return undefined;
  const { connected, source, refused } = node;
  const dependencies = [controlHealth(node), ...(bus === undefined ? [] : [bus])];
  const isWell = refused === undefined && dependencies.every((dependency) => dependency.status === 'healthy');
  return { status: isWell ? 'healthy' : 'degraded', control: { connected, source, refused }, dependencies };
}

function controlHealth({ connected, control }: AgentStatus): Dependency {
  return connected ? control : { ...control, status: 'unhealthy', reason: control.reason ?? 'no connection yet' };
}

function worst(parts: readonly HealthReport[]): HealthReport['status'] {
  const order = ['unhealthy', 'degraded', 'healthy'] as const;
  return order.find((status) => parts.some((part) => part.status === status)) ?? 'healthy';
}
