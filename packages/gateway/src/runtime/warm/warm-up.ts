import type { NodeSplit, RouteSplit } from '@sluice/model';
import type { RoutePlan } from '../../compile/plan.ts';
import { delayByTimer } from '../../health/index.ts';
import type { Delay, HealthChecker, HealthVerdicts } from '../../health/index.ts';
import { healthProblems, isServing, unchecked } from './health-problems.ts';
import type { WarmedBackend } from './health-problems.ts';
import { SmokeTrial } from './smoke-trial.ts';
import type { SendSmoke } from './smoke-trial.ts';
import { sendSmoke } from './smoke.ts';
import type { OwnDoor } from './smoke.ts';

/** Whether a candidate may be given traffic, and why not, in sentences. */
export type SplitReadiness = Pick<NodeSplit, 'ready' | 'problems'>;

/** The workers, as warming up needs them. */
export interface WarmWorkers {
  /** Asks every worker to open the connections of these routes; `round` tells its answers from those to earlier calls. */
  warm(round: number, routeNames: readonly string[]): void;
  /** The problems of a route on any worker, as of this round or a later one; undefined before all workers have answered. */
  coldness(round: number, routeName: string): readonly string[] | undefined;
}

/** What warming up works on; the last two are for tests. */
export interface WarmUpParts {
  readonly workers: WarmWorkers;
  readonly health: Pick<HealthChecker, 'checkNow'>;
  readonly state: HealthVerdicts;
  /** Where smoke requests go; undefined when the gateway listens nowhere. */
  readonly door: OwnDoor | undefined;
  readonly delay?: Delay;
  readonly send?: SendSmoke;
}

/** A candidate that is made and kept ready. */
interface Warming {
  backends: readonly WarmedBackend[];
  /** Everything that it has to be ready for; a different one starts again. */
  readonly key: string;
  /** From this round on, the answers of workers are about it. */
  readonly since: number;
  readonly trial: SmokeTrial;
}

/** The longest pause between two checks. Pauses are short at first, so that a candidate that is ready is found soon. */
const longestPauseMs = 1_000;
const firstPauseMs = 25;
const mostProblems = 20;
const coldProblem = 'The connections to the candidate are being opened.';

/**
 * Makes the candidates of deployments ready: connected on every worker, checked, and tried by smoke requests. Both versions
 * stay connected for as long as their split is there.
 */
export class WarmUp {
  readonly #parts: WarmUpParts;
  readonly #delay: Delay;
  #warming = new Map<string, Warming>();
  #round = 0;
  #pauseMs = firstPauseMs;
  #cancelNext: () => void = () => {};
  #closed = false;

  constructor(parts: WarmUpParts) {
    this.#parts = parts;
    this.#delay = parts.delay ?? delayByTimer;
  }

  /** Takes the routes after a swap. A candidate that is still the same keeps what it has passed, whatever its share. */
  update(routes: Iterable<RoutePlan>): void {
    if (this.#closed) return;
    const before = this.#warming;
    this.#warming = new Map();
    for (const { config, split } of routes) {
      if (config.split === undefined || split === undefined) continue;
      const backends = config.split.candidate.backends
        .map((backend, index) => ({ config: backend, slot: split.places[index].target }))
        .filter(isServing);
      this.#warming.set(config.name, this.#continued(before.get(config.name), config.split, backends));
    }
    const goingOn = new Set(this.#warming.values());
    for (const warming of before.values()) if (!goingOn.has(warming)) warming.trial.close();
    this.#pauseMs = firstPauseMs;
    this.#look();
  }

  /** How ready the candidate of a route is. One that is not live on all workers yet is not. */
  readiness({ config }: RoutePlan): SplitReadiness {
    const warming = this.#warming.get(config.name);
    if (config.split === undefined || warming?.key !== keyOf(config.split))
      return { ready: false, problems: [coldProblem] };
    const cold = this.#coldness(config.name, warming);
    const problems = [...cold, ...warming.trial.problems].slice(0, mostProblems);
    return { ready: problems.length === 0, problems };
  }

  /** Ends everything; later updates are ignored. */
  close(): void {
    this.update([]);
    this.#closed = true;
  }

  #continued(before: Warming | undefined, split: RouteSplit, backends: readonly WarmedBackend[]): Warming {
    const { warm, candidate } = split;
    const key = keyOf(split);
    if (before?.key === key) return Object.assign(before, { backends });
    const { door, send = sendSmoke } = this.#parts;
    const trial = new SmokeTrial({ candidate, warm, door, delay: this.#delay, send });
    return { backends, key, since: this.#round + 1, trial };
  }

  /** Opens missing connections, waits for health checks, sends smoke requests; then does it again after a pause. */
  #look(): void {
    this.#cancelNext();
    if (this.#warming.size === 0) return;
    const { workers, health, state } = this.#parts;
    workers.warm(++this.#round, [...this.#warming.keys()]);
    const due = new Set<number>();
    for (const [routeName, warming] of this.#warming) {
      for (const { slot } of unchecked(warming.backends, state)) due.add(slot);
      if (this.#coldness(routeName, warming).length === 0) warming.trial.run();
    }
    if (due.size > 0) void health.checkNow(due);
    this.#cancelNext = this.#delay(this.#pauseMs, () => this.#look());
    this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs * 2);
  }

  /** Why smoke requests cannot be sent yet. */
  #coldness(routeName: string, { backends, since }: Warming): readonly string[] {
    const cold = this.#parts.workers.coldness(since, routeName) ?? [coldProblem];
    return [...cold, ...healthProblems(backends, this.#parts.state)];
  }
}

/** What a candidate has to be ready for: not its share. */
function keyOf({ deploymentId, warm, candidate }: RouteSplit): string {
  return JSON.stringify([deploymentId, warm, candidate]);
}
