import type { Gateway } from '@sluice/gateway';
import { nodeMetrics } from '@sluice/model/metrics';
import type { HealthReport, ManagementStatus } from '@sluice/service';
import type { AgentStatus } from '../agent/node-agent.ts';

/** The parts of a process. Those that have not started are undefined. */
export interface ProcessParts {
  readonly gateway: () => Gateway | undefined;
  readonly plane: () => { readonly status: Pick<ManagementStatus, 'ready' | 'health' | 'writeMetrics'> } | undefined;
  readonly node: () => AgentStatus | undefined;
  /** Whether the process is meant to have each. */
  readonly expects: { readonly gateway: boolean; readonly plane: boolean };
  readonly version: string;
}

/** The status of a process that is a gateway, a control plane or both, for its management port. */
export function processStatus({ gateway, plane, node, expects, version }: ProcessParts): ManagementStatus {
  return {
    version,
    // A gateway is ready when it can serve, with or without a control plane.
    ready() {
      if (expects.gateway) return gateway()?.status.ready() ?? notReady('no configuration is live yet');
      return plane()?.status.ready() ?? notReady('the store cannot be reached yet');
    },
    health() {
      const parts = [
        expects.plane ? (plane()?.status.health() ?? withoutPlane(expects.gateway)) : withRemotePlane(node()),
        expects.gateway ? (gateway()?.status.health() ?? { status: 'unhealthy' as const, revision: 0 }) : undefined,
      ].filter((part) => part !== undefined);
      const withheld = node()?.withheld === true;
      const status = worst([...parts, { status: withheld ? 'degraded' : 'healthy' }]);
      // The gateway comes last: requests meet its revision.
      return { ...Object.assign({}, ...parts), ...(withheld && { withheld }), status } as HealthReport;
    },
    writeMetrics(to) {
      gateway()?.status.writeMetrics(to);
      plane()?.status.writeMetrics(to);
      const agent = node();
      if (agent !== undefined) to.single(nodeMetrics.withheld, Number(agent.withheld));
    },
  };
}

function notReady(reason: string): { readonly ready: false; readonly reason: string } {
  return { ready: false, reason };
}

/** A gateway serves without its control plane. A control plane cannot work without its store. */
function withoutPlane(hasGateway: boolean): HealthReport & { readonly control: object } {
  return { status: hasGateway ? 'degraded' : 'unhealthy', control: { store: { reachable: false } } };
}

/** A node serves without control, but nobody can change what it does. */
function withRemotePlane(node: AgentStatus | undefined): (HealthReport & { readonly control: object }) | undefined {
  if (node === undefined) return undefined;
  const { connected, source, refused } = node;
  const isWell = connected && refused === undefined;
  return { status: isWell ? 'healthy' : 'degraded', control: { connected, source, refused } };
}

function worst(parts: readonly HealthReport[]): HealthReport['status'] {
  const order = ['unhealthy', 'degraded', 'healthy'] as const;
  return order.find((status) => parts.some((part) => part.status === status)) ?? 'healthy';
}
