import type { DeploymentEventKind, DeploymentStrategy } from '@sluice/model';
import { deploymentEventKinds } from '@sluice/model';
import type { Deployment, DeploymentEvent, DeploymentStatus } from '../deployment/index.ts';

/** What subscribers are told: the body of a webhook, and what e-mails and annotations are made of. Times are ISO 8601. */
export type NoticeMessage = {
  readonly type: `deployment.${DeploymentEventKind}`;
  /** When it happened. */
  readonly timestamp: string;
  readonly data: {
    readonly deploymentId: string;
    /** Counts the events of the deployment: what is told in another order can be put in order by it. */
    readonly sequence: number;
    readonly routes: readonly { readonly routeId: string; readonly name: string; readonly configVersion: string }[];
    readonly strategy: DeploymentStrategy;
    readonly environment: string;
    readonly status: DeploymentStatus;
    readonly phaseIndex: number;
    readonly percentage: number;
    readonly by: string;
    readonly text: string;
    readonly reason?: string | undefined;
    readonly createdAt: string;
    readonly startedAt?: string | undefined;
    readonly completedAt?: string | undefined;
    readonly verdict?: DeploymentEvent['verdict'];
  };
};

/** The message about an event; undefined when it is none that subscribers are told of. Holds no secrets: no route documents, gates or tokens. */
export function noticeMessage(event: DeploymentEvent, deployment: Deployment): NoticeMessage | undefined {
  const kind = deploymentEventKinds.find((one) => one === event.kind);
  if (kind === undefined) return undefined;
  const { deploymentId, sequence, status, phaseIndex, percentage, by, text, verdict } = event;
  const { strategy, environment, reason, createdAt, startedAt, completedAt } = deployment;
  const data = {
    deploymentId,
    sequence,
    routes: deployment.routes.map(({ routeId, configVersion, candidate }) => ({
      routeId,
      name: candidate.name,
      configVersion,
    })),
    strategy,
    environment,
    status,
    phaseIndex,
    percentage,
    by,
    text,
    createdAt,
    ...(reason !== undefined && { reason }),
    ...(startedAt !== undefined && { startedAt }),
    ...(completedAt !== undefined && { completedAt }),
    ...(verdict !== undefined && { verdict }),
  };
  return { type: `deployment.${kind}`, timestamp: event.at, data };
}
