import type { DeploymentsConfig, DeploymentEventKind, EmailConfig, GrafanaConfig, WebhookConfig } from '@sluice/model';
import { createHash } from 'node:crypto';
import { kindOf } from './notice-message.ts';
import type { NoticeMessage } from './notice-message.ts';

/** Where notices are sent. */
export type Subscriber = {
  /** The same in every process and after a restart. It does not contain the address, which may be secret. */
  readonly key: string;
  /** Its place in the configuration, for the log. */
  readonly label: string;
} & (
  | { readonly kind: 'webhook'; readonly config: WebhookConfig }
  | { readonly kind: 'email'; readonly config: EmailConfig }
  | { readonly kind: 'grafana'; readonly config: GrafanaConfig }
);

/** The subscribers of the configuration. */
export function subscribersOf({ webhooks, email, grafana }: DeploymentsConfig): readonly Subscriber[] {
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

/** The events that Grafana gets a region for. */
const endings: ReadonlySet<DeploymentEventKind> = new Set(['completed', 'rolledBack', 'failed', 'cancelled']);

/** Whether a subscriber wants a message. */
export function isWanted(subscriber: Subscriber, message: NoticeMessage): boolean {
  const kind = kindOf(message);
  const { data } = message;
  if (subscriber.kind !== 'grafana') return subscriber.config.events?.includes(kind) ?? true;
  // A deployment that never began gets no mark, and one that ends as soon as it begins gets one mark, not two.
  if (data.startedAt === undefined) return false;
  return endings.has(kind) || (kind === 'started' && data.completedAt === undefined);
}
