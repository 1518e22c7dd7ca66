import { messageOf } from '@sluice/service';
import type { AuditEntry } from './audit-entry.ts';

export interface DenialBudgetOptions {
  readonly clock: () => number;
  /** Calls back once, after so many milliseconds. Returns a function that cancels the call. */
  readonly after: (ms: number, callback: () => void) => () => void;
  readonly log: { warn(message: string, fields?: Readonly<Record<string, unknown>>): void };
  readonly write: (entries: readonly AuditEntry[]) => Promise<void>;
}

interface Held {
  readonly since: string;
  readonly counts: Map<string, number>;
}

const perAddress = 10;
const inAll = 100;
const mostAddresses = 1000;
const various = 'various';
const writeAfterMs = 1000;
const tryAgainMs = 5000;

/**
 * Keeps denials from filling the store. A few each second are written one by one. The others are counted by address and kind,
 * and the counts are written a second later. A count that cannot be written is kept until it can.
 */
export class DenialBudget {
  readonly #options: DenialBudgetOptions;
  readonly #admitted = new Map<string, number>();
  #second = 0;
  #admittedInAll = 0;
  #held = new Map<string, Held>();
  #cancel: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: DenialBudgetOptions) {
    this.#options = options;
  }

  /** Whether the entry should be written by itself. If not, it has been counted. */
  admit({ address, eventType }: AuditEntry): boolean {
    const second = Math.floor(this.#options.clock() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#admitted.clear();
      this.#admittedInAll = 0;
    }
    const count = this.#admitted.get(address) ?? 0;
    if (count < perAddress && this.#admittedInAll < inAll) {
      this.#admitted.set(address, count + 1);
      this.#admittedInAll += 1;
      return true;
    }
    this.#hold(address, eventType, 1);
    this.#schedule(writeAfterMs);
    return false;
  }

  /** Writes the counts. Rejects when they cannot be written. */
  async close(): Promise<void> {
    this.#cancel?.();
    await this.#writing;
    await this.#flush();
  }

  #hold(address: string, eventType: string, count: number): void {
    const key = this.#held.has(address) || this.#held.size < mostAddresses ? address : various;
    const held = this.#held.get(key) ?? {
      since: new Date(this.#options.clock()).toISOString(),
      counts: new Map<string, number>(),
    };
    held.counts.set(eventType, (held.counts.get(eventType) ?? 0) + count);
    this.#held.set(key, held);
  }

  #schedule(ms: number): void {
    this.#cancel ??= this.#options.after(ms, () => {
      this.#cancel = undefined;
      this.#writing = this.#flush().catch((error: unknown) => {
        this.#options.log.warn('the number of denials could not be stored yet', { reason: messageOf(error) });
        this.#schedule(tryAgainMs);
      });
    });
  }

  async #flush(): Promise<void> {
    if (this.#held.size === 0) return;
    const held = this.#held;
    this.#held = new Map();
    try {
      await this.#options.write([...held].map(([address, { since, counts }]) => summary(address, since, counts)));
    } catch (error) {
      for (const [address, { counts }] of held) {
        for (const [eventType, count] of counts) this.#hold(address, eventType, count);
      }
      throw error;
    }
  }
}

function summary(address: string, since: string, counts: ReadonlyMap<string, number>): AuditEntry {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return {
    eventType: 'denials.counted',
    user: 'various',
    userKind: 'anonymous',
    address,
    traceId: '',
    outcome: 'denied',
    details: { since, count: total, eventTypes: Object.fromEntries(counts) },
  };
}
