import type { Json } from '../store/store.ts';
import type { BusListener } from './bus.ts';
import type { BusLog } from './bus-log.ts';

/** The listeners of this process, by topic. */
export class Listeners {
  readonly #byTopic = new Map<string, Set<{ readonly listener: BusListener }>>();
  readonly #log: BusLog;

  constructor(log: BusLog) {
    this.#log = log;
  }

  /** The topics with listeners. */
  topics(): readonly string[] {
    return [...this.#byTopic.keys()];
  }

  has(topic: string): boolean {
    return this.#byTopic.has(topic);
  }

  /** Adds a listener. One that is added twice is called twice. Returns a function that removes it. */
  add(topic: string, listener: BusListener): () => void {
    const entry = { listener };
    const entries = this.#byTopic.get(topic) ?? new Set();
    this.#byTopic.set(topic, entries.add(entry));
    return () => {
      entries.delete(entry);
      if (entries.size === 0 && this.#byTopic.get(topic) === entries) this.#byTopic.delete(topic);
    };
  }

  /** Calls everybody who listens at this moment. */
  tell(topic: string, message: Json): void {
    // A listener may add and remove others.
    const present = [...(this.#byTopic.get(topic) ?? [])];
    for (const { listener } of present) {
      try {
        listener(message);
      } catch (error) {
        this.#log.warn('a listener of the bus failed', { topic, error });
      }
    }
  }

  clear(): void {
    this.#byTopic.clear();
  }
}
