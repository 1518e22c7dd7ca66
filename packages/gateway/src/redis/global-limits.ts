import type { RedisClient } from '@sluice/service/redis';
import type {
  GlobalLimitStore,
  LimitDemand,
  LimitsTaken,
  LimitStanding,
  NodeLimitStore,
} from '../policy/rate-limit/limit-store.ts';
import type { RedisUse } from '../state/index.ts';
import { nodesKey, RedisCounter } from './redis-counter.ts';
import { RedisLink } from './redis-link.ts';
import { shareOf } from './share-of.ts';

/** What counting in Redis needs. */
export interface GlobalLimitsOptions {
  /** Opens a connection; rejects when there can be none. */
  readonly open: () => Promise<RedisClient>;
  /** What the names of all keys begin with. */
  readonly prefix: string;
  /** The longest that Redis may take for an answer. */
  readonly timeoutMs: number;
  readonly nodeId: string;
  readonly worker: number;
  readonly use: RedisUse;
  /** Counts the share of this node while Redis is away. */
  readonly local: NodeLimitStore;
  /** Hears of each change; `reason` is why Redis is away, and undefined when it is there. */
  readonly onChange: (reason: string | undefined) => void;
}

/** Counts requests over all nodes, in Redis. Connects when a route needs it. */
export class GlobalLimits implements GlobalLimitStore {
  readonly #options: GlobalLimitsOptions;
  #link: RedisLink | undefined;
  #counter: RedisCounter | undefined;

  constructor(options: GlobalLimitsOptions) {
    this.#options = options;
  }

  /** Connects, once. */
  begin(): void {
    if (this.#link !== undefined) return;
    const { open, prefix, timeoutMs, nodeId, worker, use, onChange } = this.#options;
    use.setStanding(worker, 'away');
    this.#link = new RedisLink({
      open,
      node: { key: nodesKey(prefix), nodeId },
      timeoutMs,
      onNodes: ({ count, at }, tookMs) => {
        use.setNodes(count, at);
        use.asked(worker, { tookMs, at: Date.now() });
      },
      onChange: (reason) => {
        use.setStanding(worker, reason === undefined ? 'there' : 'away');
        onChange(reason);
      },
    });
    const called = (durationMs: number, failed: boolean): void => use.called(worker, durationMs, failed);
    this.#counter = new RedisCounter({ link: this.#link, prefix, called });
  }

  /** Resolves once it is known whether Redis is there, or soon; at once if no route needs it. */
  async settled(): Promise<void> {
    await this.#link?.settled;
  }

  /** How long until Redis is asked again while it is away, at most. */
  get retryMs(): number {
    return this.#link?.retryMs ?? 0;
  }

  take(demands: readonly LimitDemand[]): LimitsTaken | Promise<LimitsTaken> {
    return this.#counter?.take(demands)?.then((standings) => this.#decided(standings, demands)) ?? this.#away(demands);
  }

  /** Takes the node out of the live nodes, and closes the connection. */
  async close(): Promise<void> {
    await this.#link?.close();
  }

  #decided(standings: readonly LimitStanding[] | undefined, demands: readonly LimitDemand[]): LimitsTaken {
    if (standings === undefined) return this.#away(demands);
    this.#options.use.decided(this.#options.worker, 'redis');
    return standings;
  }

  #away(demands: readonly LimitDemand[]): LimitsTaken {
    const { use, worker, local } = this.#options;
    const choice = use.whenAway;
    use.decided(worker, choice);
    if (choice !== 'localShare') return { passes: choice === 'open', retryAfterMs: this.retryMs };
    const standings = local.take(demands.map(({ rule, key }) => ({ rule: shareOf(rule, use.nodes), key })));
    // Copied, because what the node returns is valid until its next call only.
    return standings.map((standing) => ({ ...standing }));
  }
}
