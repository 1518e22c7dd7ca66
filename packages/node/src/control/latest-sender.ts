/** A newer item took the place of this one before it was sent. */
export class SupersededError extends Error {
  override readonly name = 'SupersededError';
}

interface Due<T> {
  readonly item: T;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Sends one item at a time, and of those that come meanwhile only the last. A slow receiver holds up nobody else. */
export class LatestSender<T> {
  readonly #send: (item: T) => Promise<void>;
  #due: Due<T> | undefined;
  #sending = false;

  constructor(send: (item: T) => Promise<void>) {
    this.#send = send;
  }

  /** Resolves when the item was received. Rejects when sending failed, or with a SupersededError. */
  send(item: T): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#due?.reject(new SupersededError('a newer report took its place'));
      this.#due = { item, resolve, reject };
      if (!this.#sending) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#sending = true;
    for (let due = this.#due; due !== undefined; due = this.#due) {
      this.#due = undefined;
      await this.#send(due.item).then(due.resolve, due.reject);
    }
    this.#sending = false;
  }
}
