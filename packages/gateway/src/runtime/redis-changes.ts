import type { RedisConfig } from '@sluice/model';
import type { Logger } from '@sluice/service';
import { redisAddress } from '@sluice/service/redis';
import type { AwayChoice } from '../state/index.ts';

/** Logs each change of Redis, and each reason, once, however many workers notice it; and remembers why it is away. */
export class RedisChanges {
  readonly #log: Logger;
  readonly #redis: string;
  readonly #whenAway: () => AwayChoice;
  /** Why Redis is away, by worker. */
  readonly #away = new Map<number, string>();
  /** The reasons that were logged since Redis is away. */
  readonly #told = new Set<string>();

  constructor(log: Logger, redis: RedisConfig | undefined, whenAway: () => AwayChoice) {
    this.#log = log;
    this.#redis = redis === undefined ? 'none' : redisAddress(redis.url).shown;
    this.#whenAway = whenAway;
  }

  /** Why Redis is away for a worker. */
  get reason(): string | undefined {
    const [first] = this.#away.values();
    return first;
  }

  /** A worker is gone, and what it said with it. */
  forget(worker: number): void {
    this.#away.delete(worker);
    if (this.#away.size === 0) this.#told.clear();
  }

  /** Redis is away for a worker, for this reason; or it is there. */
  heard(worker: number, reason: string | undefined): void {
    const fields = { redis: this.#redis };
    if (reason !== undefined) {
      this.#away.set(worker, reason);
      if (this.#told.has(reason)) return;
      this.#told.add(reason);
      const more = { ...fields, reason, whenRedisIsAway: this.#whenAway() };
      return this.#log.warn('Redis is away: limits are not counted over all nodes', more);
    }
    this.#away.delete(worker);
    if (this.#away.size > 0 || this.#told.size === 0) return;
    this.#told.clear();
    this.#log.info('Redis is there again: limits are counted over all nodes', fields);
  }
}
