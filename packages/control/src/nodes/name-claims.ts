/** Proves that a node is the process that used its name before. Earlier versions send none. */
export type NodeKey = string | undefined;

const mostNames = 10_000;

/** Which process speaks for which node. All nodes share one join token, so the key of a process claims the name while it reports. */
export class NameClaims {
  readonly #liveMs: number;
  /** The one heard last is at the end. */
  readonly #claims = new Map<string, { readonly key: NodeKey; readonly seenAt: number }>();

  constructor(liveMs: number) {
    this.#liveMs = liveMs;
  }

  /** Whether another process has the name; `now` in milliseconds. */
  isTaken(nodeId: string, key: NodeKey, now: number): boolean {
    const claim = this.#claims.get(nodeId);
    // A node without a key that comes back with one was upgraded.
    if (claim?.key === undefined || claim.key === key) return false;
    return now - claim.seenAt < this.#liveMs;
  }

  /** Claims the name. */
  take(nodeId: string, key: NodeKey, now: number): void {
    this.#claims.delete(nodeId);
    this.#claims.set(nodeId, { key, seenAt: now });
    for (const oldest of this.#claims.keys()) {
      if (this.#claims.size <= mostNames) return;
      this.#claims.delete(oldest);
    }
  }

  /** The process ends: the next one need not wait for the name. */
  release(nodeId: string): void {
    this.#claims.delete(nodeId);
  }
}
