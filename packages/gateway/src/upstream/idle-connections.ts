import type { UpstreamConnection } from './upstream-connection.ts';

/** The connections of a pool that serve nobody, the most recently used last. One that is closing stays until its last event. */
export class IdleConnections {
  readonly #connections: UpstreamConnection[] = [];

  get count(): number {
    return this.#connections.length;
  }

  /** How many are closing. */
  get closing(): number {
    return this.#connections.filter(({ wire }) => wire.destroyed).length;
  }

  add(connection: UpstreamConnection): void {
    this.#connections.push(connection);
  }

  remove(connection: UpstreamConnection): void {
    const index = this.#connections.lastIndexOf(connection);
    if (index !== -1) this.#connections.splice(index, 1);
  }

  /** Takes the most recently used one. */
  take(): UpstreamConnection | undefined {
    let connection = this.#connections.pop();
    while (connection !== undefined && connection.wire.destroyed) connection = this.#connections.pop();
    return connection;
  }

  /** Takes the most recently used one to an address. */
  takeTo(address: string): UpstreamConnection | undefined {
    const index = this.#connections.findLastIndex((idle) => idle.address === address && !idle.wire.destroyed);
    return index === -1 ? undefined : this.#connections.splice(index, 1)[0];
  }

  /** Closes the one that has been idle for longest; false when there is none. */
  closeOldest(): boolean {
    const oldest = this.#connections.find(({ wire }) => !wire.destroyed);
    oldest?.close();
    return oldest !== undefined;
  }

  closeAll(): void {
    for (const connection of this.#connections.splice(0)) connection.close();
  }
}
