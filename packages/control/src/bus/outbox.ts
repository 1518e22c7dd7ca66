/** A message on its way out. */
export interface Outgoing {
  readonly topic: string;
  readonly text: string;
}

/** How much may wait. */
export interface OutboxLimits {
  readonly messages: number;
  /** Characters of all messages together. */
  readonly size: number;
}

/** Messages that wait to be sent, in order. When there are too many the oldest is given up: newer news is worth more. */
export class Outbox {
  readonly #waiting: Outgoing[] = [];
  readonly #limits: OutboxLimits;
  #size = 0;

  constructor(limits: OutboxLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Adds a message; gives back how many older ones were given up for it. */
  add(message: Outgoing): number {
    this.#waiting.push(message);
    this.#size += message.text.length;
    let dropped = 0;
    while (this.#waiting.length > this.#limits.messages || this.#size > this.#limits.size) {
      if (this.take() === undefined) break;
      dropped++;
    }
    return dropped;
  }

  /** Takes the oldest out. */
  take(): Outgoing | undefined {
    const message = this.#waiting.shift();
    this.#size -= message?.text.length ?? 0;
    return message;
  }
}
