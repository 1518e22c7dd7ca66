import type { OutgoingContext } from '@sluice/service';
import type { NoticeMessage } from './notice-message.ts';

/** A notice on its way to one subscriber. */
export interface Outgoing {
  /** The same at every try. */
  readonly id: string;
  readonly message: NoticeMessage;
}

/** What a notice is sent with. */
export interface SendContext extends OutgoingContext {
  /** Gives up sending. */
  readonly signal: AbortSignal;
}

/** A subscriber did not accept a notice. The message says why, without its address or credentials. */
export class SendError extends Error {
  override readonly name = 'SendError';
  /** The subscriber wants no more notices. */
  readonly isGone: boolean;

  constructor(message: string, { isGone = false }: { readonly isGone?: boolean } = {}) {
    super(message);
    this.isGone = isGone;
  }
}
