import { hash } from 'node:crypto';
import type { LimitDemand, LimitStanding } from '../policy/rate-limit/limit-store.ts';
import { limitArguments, limitScript, readAnswer, standingsOf } from './limit-script.ts';
import type { RedisLink } from './redis-link.ts';

/** About as many counts go in one call, so that no call keeps Redis busy for long. */
const countsPerCall = 200;
/** The most requests of a worker that wait for Redis. */
const mostWaiting = 10_000;

/** What the counter tells of its calls. */
export interface CallObserver {
  /** A call is over; it `failed` when Redis is away now. */
  called(durationMs: number, failed: boolean): void;
}

interface Waiting {
  readonly demands: readonly LimitDemand[];
  readonly resolve: (standings: readonly LimitStanding[] | undefined) => void;
}

/** What the counter works with. */
export interface RedisCounterOptions extends CallObserver {
  readonly link: Pick<RedisLink, 'isThere' | 'call'>;
  /** What the names of all keys begin with. */
  readonly prefix: string;
}

/** Counts requests in Redis. The requests of one turn of the event loop go in one call. */
export class RedisCounter {
  readonly #options: RedisCounterOptions;
  readonly #keyOf: (demand: LimitDemand) => string;
  #queue: Waiting[] = [];
  #waiting = 0;

  constructor(options: RedisCounterOptions) {
    this.#options = options;
    this.#keyOf = ({ rule, key }) => limitKey(options.prefix, `${rule.type} ${rule.windowMs} ${rule.id}\n${key}`);
  }

  /**
   * Takes a request from each count, or from none if one has no room. Undefined, or a promise of it, means that Redis is away, or
   * that too many requests wait for it.
   */
  take(demands: readonly LimitDemand[]): Promise<readonly LimitStanding[] | undefined> | undefined {
    if (!this.#options.link.isThere || this.#waiting >= mostWaiting) return undefined;
    this.#waiting++;
    if (this.#queue.length === 0) setImmediate(this.#send);
    return new Promise((resolve) => this.#queue.push({ demands, resolve }));
  }

  readonly #send = (): void => {
    const queue = this.#queue;
    this.#queue = [];
    let [begin, counts] = [0, 0];
    for (const [index, { demands }] of queue.entries()) {
      counts += demands.length;
      if (counts < countsPerCall && index + 1 < queue.length) continue;
      void this.#call(queue.slice(begin, index + 1));
      [begin, counts] = [index + 1, 0];
    }
  };

  async #call(requests: readonly Waiting[]): Promise<void> {
    const began = performance.now();
    const sent = limitArguments(
      requests.map(({ demands }) => demands),
      this.#keyOf,
    );
    const { link } = this.#options;
    const answer = await link.call(async (client) => readAnswer(await limitScript.run(client, sent), sent.keys.length));
    this.#options.called(performance.now() - began, answer === undefined);
    this.#waiting -= requests.length;
    let from = 0;
    for (const { demands, resolve } of requests) {
      resolve(answer && standingsOf(answer, from, demands.length));
      from += demands.length;
    }
  }
}

/**
 * The name of a key in Redis. It is hashed, so that its length is bounded and nobody who reads Redis sees who calls. The part in
 * braces keeps all keys of limits on one node of a cluster, as a call with several keys needs.
 */
function limitKey(prefix: string, text: string): string {
  return `${prefix}{limits}:${hash('sha256', text, 'base64url').slice(0, 22)}`;
}

/** The key of the set of live nodes. */
export function nodesKey(prefix: string): string {
  return `${prefix}{limits}:nodes`;
}
