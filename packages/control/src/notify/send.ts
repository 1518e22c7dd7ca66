import type { OutgoingContext } from '../outgoing-request.ts';
import type { NoticeMessage } from './notice-message.ts';
import { sendAnnotation } from './send-annotation.ts';
import { sendEmail } from './send-email.ts';
import { sendWebhook } from './send-webhook.ts';
import type { Subscriber } from './subscribers.ts';

/** A message on its way to one subscriber. */
export interface Outgoing {
  /** The same at every try. */
  readonly id: string;
  readonly message: NoticeMessage;
}

/** What a message is sent with. */
export interface SendContext extends OutgoingContext {
  /** Gives it up. */
  readonly signal: AbortSignal;
}

/** Tells one subscriber; resolves when it was taken. Rejects with a SendError. */
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
