/** How long a slice of compiling may delay the requests of its worker, in milliseconds. */
const sliceMs = 1;

/** Cuts long work into slices, between which requests are served. */
export class Pacer {
  readonly #pause: () => Promise<void>;
  #sliceEnd = performance.now() + sliceMs;

  /** `pause` resolves once the requests that wait have had their turn. */
  constructor(pause: () => Promise<void>) {
    this.#pause = pause;
  }

  /** Whether the slice is over: then `rest` has to be awaited. */
  get isDue(): boolean {
    return performance.now() >= this.#sliceEnd;
  }

  /** Lets requests be served, and begins the next slice. */
  async rest(): Promise<void> {
    await this.#pause();
    this.#sliceEnd = performance.now() + sliceMs;
  }
}
