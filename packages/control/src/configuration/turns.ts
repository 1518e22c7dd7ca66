/** Lets what must not overlap run one after the other. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #waiting: Promise<void> | undefined;

  /** Runs after everything that was asked for before. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  /** The same for work that is as good for everybody who waits for its beginning: it then runs once for all of them. */
  shared(work: () => Promise<void>): Promise<void> {
    this.#waiting ??= this.alone(() => {
      this.#waiting = undefined;
      return work();
    });
    return this.#waiting;
  }
}
