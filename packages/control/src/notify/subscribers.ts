import type { DeliveryConfig, DeploymentEventKind, EmailConfig, GrafanaConfig, WebhookConfig } from '@sluice/model';
import { createHash } from 'node:crypto';
import type { NoticeMessage } from './notice-message.ts';

/** Somebody who is told of deployments. */
export type Subscriber = {
  /** Finds it again in another process, and after a restart with other settings. Not its address, which may be secret. */
  readonly key: string;
  /** For the log: what it is and where it stands in the configuration. */
  readonly label: string;
} & (
  | { readonly kind: 'webhook'; readonly config: WebhookConfig }
  | { readonly kind: 'email'; readonly config: EmailConfig }
  | { readonly kind: 'grafana'; readonly config: GrafanaConfig }
);

/** Everybody who is told of deployments. */
export function subscribersOf({ webhooks, email, grafana }: DeliveryConfig): readonly Subscriber[] {
  const seen = new Map<string, number>();
  const all: Subscriber[] = webhooks.map((config, index) => {
    const hash = createHash('sha256').update(config.url).digest('hex').slice(0, 16);
    const nth = (seen.get(hash) ?? 0) + 1;
    seen.set(hash, nth);
    return { kind: 'webhook', key: `webhook-${hash}-${nth}`, label: `webhooks[${index}]`, config };
  });
  if (email !== undefined) all.push({ kind: 'email', key: 'email', label: 'email', config: email });
  if (grafana !== undefined) all.push({ kind: 'grafana', key: 'grafana', label: 'grafana', config: grafana });
  return all;
}

/** The ends of a deployment: what Grafana gets a region for. */
export const endings: readonly DeploymentEventKind[] = ['completed', 'rolledBack', 'failed', 'cancelled'];

/** Whether a subscriber wants to be told of it. */
export function isWanted(subscriber: Subscriber, { type, data }: NoticeMessage): boolean {
  const kind = type.slice('deployment.'.length) as DeploymentEventKind;
  if (subscriber.kind !== 'grafana') return subscriber.config.events?.includes(kind) ?? true;
  // What never began leaves no mark, and what is over as soon as it begins is one mark, not two.
  if (data.startedAt === undefined) return false;
  return endings.includes(kind) || (kind === 'started' && data.completedAt === undefined);
}
