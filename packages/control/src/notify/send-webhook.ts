import type { WebhookConfig } from '@sluice/model';
import { postJson } from './post-json.ts';
import { SendError } from './outgoing.ts';
import type { Outgoing, SendContext } from './outgoing.ts';
import { signWebhook } from './sign-webhook.ts';

/** Posts a notice to a webhook, signed according to Standard Webhooks. Rejects with a SendError for every status but 2xx. */
export async function sendWebhook(
  { url, secret }: WebhookConfig,
  { id, message }: Outgoing,
  context: SendContext,
): Promise<void> {
  const timestamp = Math.floor(context.clock.now() / 1000);
  const body = JSON.stringify(message);
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signWebhook({ id, timestamp, body }, secret),
  };
  const status = await postJson({ url, headers, body }, context);
  if (status === 410) throw new SendError('it answered 410 and wants no more notices', { isGone: true });
  if (status < 200 || status > 299) throw new SendError(`it answered ${status}`);
}
