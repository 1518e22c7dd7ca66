/** What a strategy may know of a backend. The methods read shared memory and have no effect. */
export interface ChoosableBackend {
  /** Unique in its route, and the same on every worker, node and after a swap. */
  readonly name: string;
  /** Share of the traffic, 0 to 100, relative to the others; 0 gets none, whatever the strategy. */
  readonly weight: number;
  /** Whether it is enabled, healthy, not ejected, and its circuit breaker lets a request through. */
  usable(): boolean;
  /** Exchanges in flight on all workers of this node. */
  active(): number;
  /** Whether many of its latest attempts failed. */
  failing(): boolean;
  /** Moving average of the time to the response, in milliseconds; 0 while nothing has been measured. */
  latencyMs(): number;
}

/** What a strategy may look at in a request. */
export interface ChoiceRequest {
  readonly clientAddress: string;
  header(lowerCaseName: string): string | undefined;
}

/**
 * Chooses a backend for one attempt. `tried` has the backends of earlier attempts. Another one is preferred, but a tried one
 * is better than none. `undefined` means that no backend is usable.
 */
export type Choose<C extends ChoosableBackend> = (request: ChoiceRequest, tried: readonly C[]) => C | undefined;

/** Whether a strategy may return this backend. */
export function isEligible<C extends ChoosableBackend>(backend: C, tried: readonly C[]): boolean {
  return backend.usable() && (tried.length === 0 || !tried.includes(backend));
}
