import type { Clock } from '@sluice/service';
import type { NodeCommand } from '@sluice/model';

/** How long a command waits for a node to ask again, in milliseconds. */
const keepMs = 30_000;
const mostCommands = 100;
const mostNodes = 10_000;

/** The commands of the last 30 s, and which node has received which. */
export class CommandLog {
  readonly #clock: Clock;
  #entries: { readonly number: number; readonly at: number; readonly command: NodeCommand }[] = [];
  /** The number of the last command that a node received. */
  readonly #got = new Map<string, number>();
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds a command, and says whether it is new: the bus brings the commands of this process back. */
  add(command: NodeCommand): boolean {
    this.#forget();
    if (this.#entries.some((entry) => entry.command.id === command.id)) return false;
    this.#entries.push({ number: ++this.#last, at: this.#clock.monotonic(), command });
    if (this.#entries.length > mostCommands) this.#entries.shift();
    return true;
  }

  /** Whether there is a command that the node has not received. */
  hasFor(nodeId: string): boolean {
    return this.#pending(nodeId).length > 0;
  }

  /** The commands that the node has not received; from now on it has. */
  take(nodeId: string): NodeCommand[] {
    const commands = this.#pending(nodeId).map(({ command }) => command);
    this.#got.delete(nodeId);
    this.#got.set(nodeId, this.#last);
    for (const oldest of this.#got.keys()) {
      if (this.#got.size <= mostNodes) break;
      this.#got.delete(oldest);
    }
    return commands;
  }

  #pending(nodeId: string) {
    if (this.#entries.length === 0) return [];
    this.#forget();
    const got = this.#got.get(nodeId) ?? 0;
    return this.#entries.filter(({ number }) => number > got);
  }

  #forget(): void {
    const oldest = this.#clock.monotonic() - keepMs;
    if ((this.#entries[0]?.at ?? oldest) < oldest) this.#entries = this.#entries.filter(({ at }) => at >= oldest);
  }
}
