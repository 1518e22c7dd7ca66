import type { DeploymentEventKind } from '@sluice/model';
import { deploymentEventKinds } from '@sluice/model';
import type { Deployment, DeploymentEvent } from '../deployment/index.ts';

/** The body of a webhook, which e-mails and annotations are made from as well. Times are ISO 8601. */
export type NoticeMessage = {
  readonly type: `deployment.${DeploymentEventKind}`;
  /** When it happened. */
  readonly timestamp: string;
  /** Receivers that get events out of order can sort them by `sequence`. */
  readonly data: Omit<DeploymentEvent, 'at' | 'kind'> &
    Pick<Deployment, 'strategy' | 'environment' | 'reason' | 'createdAt' | 'startedAt' | 'completedAt'> & {
      readonly routes: readonly { readonly routeId: string; readonly name: string; readonly configVersion: string }[];
    };
};

/** The message about an event; undefined for events that no subscriber gets. It holds no route documents and no secrets. */
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

/** The kind of event that a message is about. */
export function kindOf({ type }: NoticeMessage): DeploymentEventKind {
  return type.slice('deployment.'.length) as DeploymentEventKind;
}
