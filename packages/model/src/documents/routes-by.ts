/** Finds routes by something that several of them may have, such as a shared backend that they use. */
export class RoutesBy {
  readonly #routes = new Map<string, Set<string>>();
  readonly #keys = new Map<string, readonly string[]>();

  /** The ids of the routes that have this key. */
  of(key: string): readonly string[] {
    return [...(this.#routes.get(key) ?? [])];
  }

  /** Says which keys a route has from now on. */
  put(routeId: string, keys: readonly string[]): void {
    this.remove(routeId);
    this.#keys.set(routeId, keys);
    for (const key of keys) this.#routes.set(key, (this.#routes.get(key) ?? new Set()).add(routeId));
  }

  remove(routeId: string): void {
    for (const key of this.#keys.get(routeId) ?? []) {
      const routes = this.#routes.get(key);
      routes?.delete(routeId);
      if (routes?.size === 0) this.#routes.delete(key);
    }
    this.#keys.delete(routeId);
  }

  clear(): void {
    this.#routes.clear();
    this.#keys.clear();
  }

  /** A copy that later changes of the original leave alone. */
  copy(): RoutesBy {
    const copy = new RoutesBy();
    for (const [routeId, keys] of this.#keys) copy.#keys.set(routeId, keys);
    for (const [key, routes] of this.#routes) copy.#routes.set(key, new Set(routes));
    return copy;
  }
}
