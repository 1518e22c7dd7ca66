export interface Outgoing {
  readonly topic: string;
  readonly text: string;
}

export interface OutboxLimits {
  readonly messages: number;
  /** Characters of all messages together. */
  readonly size: number;
}

/** Messages that wait to be sent, in order. When there are too many, the oldest is dropped, because newer messages matter more. */
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

  /** Adds a message, and returns how many older ones were dropped for it. */
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

  /** Removes the oldest message and returns it. */
  take(): Outgoing | undefined {
    const message = this.#waiting.shift();
    this.#size -= message?.text.length ?? 0;
    return message;
  }
}
