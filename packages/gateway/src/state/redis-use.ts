import type { CallerLimitsConfig } from '@sluice/model';
import { redisLayout } from './layout.ts';
import type { NodeMemory } from './layout.ts';
import type { SharedFloats } from './shared-count.ts';

/** What limits of scope global do while Redis is away. */
export type AwayChoice = CallerLimitsConfig['whenRedisIsAway'];

/** What decides a request by limits of scope global. */
export type LimitDecider = 'redis' | AwayChoice;

const choices = ['localShare', 'open', 'closed'] as const satisfies readonly AwayChoice[];
const deciders = ['redis', ...choices] as const satisfies readonly LimitDecider[];

/** What all workers did with Redis. */
export interface RedisTotals {
  /** Workers that use Redis, and those of them for which it is away. */
  readonly users: number;
  readonly away: number;
  /** The live nodes, as last heard; 1 before. */
  readonly nodes: number;
  readonly calls: { readonly answered: number; readonly failed: number };
  /** How long all calls took together, in milliseconds. */
  readonly callMs: number;
  /** When a worker last asked and was answered, and the longest that the last answer took; undefined before the first. */
  readonly asked: RedisAsked | undefined;
  /** Requests by what decided them. */
  readonly decided: readonly (readonly [LimitDecider, number])[];
}

/** A question that Redis answered. */
export interface RedisAsked {
  readonly tookMs: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A worker that hears of a count so late is not alive. */
const mostLateMs = 10_000;

const place = { standing: 0, answered: 1, failed: 2, callMs: 3, askedMs: 4, askedAt: 5, decided: 6 } as const;
const standings = { unused: 0, there: 1, away: 2 } as const;

/** How the workers use Redis. Each writes its own places; the number of nodes is the one that was counted last. */
export class RedisUse {
  readonly #floats: SharedFloats;
  readonly #workers: number;

  constructor({ redis, workers }: Pick<NodeMemory, 'redis' | 'workers'>) {
    this.#floats = new Float64Array(redis);
    this.#workers = workers;
  }

  /** The live nodes, as last heard; 1 before. */
  get nodes(): number {
    return Math.max(1, this.#floats[redisLayout.nodes]);
  }

  /** `at` is when they were counted, by the clock of Redis: workers may hear of it in another order. */
  setNodes(count: number, at: number): void {
    const late = this.#floats[redisLayout.nodesAt] - at;
    // By more, it is the clock that went back, as at a failover.
    if (late > 0 && late < mostLateMs) return;
    this.#floats[redisLayout.nodesAt] = at;
    this.#floats[redisLayout.nodes] = count;
  }

  /** What is done while Redis is away; the main thread sets it. */
  get whenAway(): AwayChoice {
    return choices[this.#floats[redisLayout.whenAway]];
  }

  setWhenAway(choice: AwayChoice): void {
    this.#floats[redisLayout.whenAway] = choices.indexOf(choice);
  }

  setStanding(worker: number, standing: keyof typeof standings): void {
    this.#floats[own(worker) + place.standing] = standings[standing];
  }

  /** Counts a call. */
  called(worker: number, durationMs: number, failed: boolean): void {
    this.#floats[own(worker) + (failed ? place.failed : place.answered)] += 1;
    this.#floats[own(worker) + place.callMs] += durationMs;
  }

  /** Redis answered. */
  asked(worker: number, { tookMs, at }: RedisAsked): void {
    this.#floats[own(worker) + place.askedMs] = tookMs;
    this.#floats[own(worker) + place.askedAt] = at;
  }

  /** Counts a request by what decided it. */
  decided(worker: number, decider: LimitDecider): void {
    this.#floats[own(worker) + place.decided + deciders.indexOf(decider)] += 1;
  }

  /** The sums over all workers. */
  totals(): RedisTotals {
    const sum = (at: number): number => this.#count((worker) => this.#floats[own(worker) + at]);
    const standing = (wanted: number) => (worker: number) => Number(this.#floats[own(worker)] === wanted);
    const away = this.#count(standing(standings.away));
    return {
      users: away + this.#count(standing(standings.there)),
      away,
      nodes: this.nodes,
      calls: { answered: sum(place.answered), failed: sum(place.failed) },
      callMs: sum(place.callMs),
      asked: this.#asked(),
      decided: deciders.map((decider, at) => [decider, sum(place.decided + at)]),
    };
  }

  /** A worker that no longer runs uses nothing. Its counts stay. */
  forget(worker: number): void {
    this.setStanding(worker, 'unused');
  }

  #asked(): RedisAsked | undefined {
    let asked: RedisAsked | undefined;
    for (let worker = 0; worker < this.#workers; worker++) {
      const at = this.#floats[own(worker) + place.askedAt];
      const tookMs = this.#floats[own(worker) + place.askedMs];
      if (at > 0) asked = { tookMs: Math.max(tookMs, asked?.tookMs ?? 0), at: Math.max(at, asked?.at ?? 0) };
    }
    return asked;
  }

  #count(of: (worker: number) => number): number {
    let sum = 0;
    for (let worker = 0; worker < this.#workers; worker++) sum += of(worker);
    return sum;
  }
}

function own(worker: number): number {
  return (worker + 1) * redisLayout.stride;
}
