/** What a node proves with that it is the process that spoke under its name before; undefined from earlier versions. */
export type NodeKey = string | undefined;

const mostNames = 10_000;

/** Which process speaks for which node, as long as it is heard of: the join token is the same for all, so a name is taken by a key. */
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
    // One of an earlier version that comes back with a key was upgraded.
    if (claim?.key === undefined || claim.key === key) return false;
    return now - claim.seenAt < this.#liveMs;
  }

  /** The name is this one's now. */
  take(nodeId: string, key: NodeKey, now: number): void {
    this.#claims.delete(nodeId);
    this.#claims.set(nodeId, { key, seenAt: now });
    for (const oldest of this.#claims.keys()) {
      if (this.#claims.size <= mostNames) return;
      this.#claims.delete(oldest);
    }
  }

  /** Whoever has the name ends: the next one need not wait. */
  release(nodeId: string): void {
    this.#claims.delete(nodeId);
  }
}
