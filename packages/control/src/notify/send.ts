import type { Outgoing, SendContext } from './outgoing.ts';
import { sendAnnotation } from './send-annotation.ts';
import { sendEmail } from './send-email.ts';
import { sendWebhook } from './send-webhook.ts';
import type { Subscriber } from './subscribers.ts';

/** Sends a notice to one subscriber; resolves when it was accepted. Rejects with a SendError. */
export function send(subscriber: Subscriber, outgoing: Outgoing, context: SendContext): Promise<void> {
  switch (subscriber.kind) {
    case 'webhook':
      return sendWebhook(subscriber.config, outgoing, context);
    case 'email':
      return sendEmail(subscriber.config, outgoing, context);
    case 'grafana':
      return sendAnnotation(subscriber.config, outgoing, context);
  }
}
