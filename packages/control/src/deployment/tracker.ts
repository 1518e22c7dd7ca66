import type { AnalysisConfig } from '@sluice/model';
import type { NodeRegistry } from '../nodes/index.ts';
import type { Deployment } from './deployment.ts';
import type { Gates } from './gates/index.ts';
import type { Verdict } from './judge/index.ts';
import { Observation } from './observation.ts';
import { byItself, draft } from './transition.ts';
import type { Transition } from './transition.ts';

/** How often numbers are stored while nothing happens, in milliseconds. */
const storeMs = 10_000;
/** How often a changing verdict is told at most, in milliseconds. */
const tellMs = 3_000;

export interface TrackerSources {
  readonly registry: Pick<NodeRegistry, 'splits' | 'splitNodes'>;
  readonly gates: Gates;
}

/** One deployment that the leader is running: when it is due, and what is known of it beyond what is stored. */
export class Tracker {
  #observation: Observation;
  #dueAt: number;
  #storedAt: number;
  /** The latest error in the log. */
  lastError: string | undefined;

  constructor(observation: Observation, now: number) {
    this.#observation = observation;
    this.#dueAt = now;
    this.#storedAt = now;
  }

  get epoch(): number {
    return this.#observation.epoch;
  }

  get latest(): Verdict | undefined {
    return this.#observation.latest;
  }

  /** Begins to count anew. */
  enterEpoch(epoch: number, now: number): void {
    this.#observation = new Observation(epoch, undefined, this.#observation);
    this.#dueAt = now;
    this.#storedAt = now;
    this.lastError = undefined;
  }

  /** Whether the interval is over; if so the next one begins. */
  takeTurn(deployment: Deployment, now: number): boolean {
    const interval = intervalOf(deployment);
    // When the clock was set back, the next turn may seem to be further away than an interval.
    if (now < this.#dueAt && this.#dueAt - now <= interval) return false;
    this.#dueAt = now + interval;
    this.#storedAt = Math.min(this.#storedAt, now);
    return true;
  }

  /** Judges the counts of this moment. Gives back the deployment with its verdict. */
  observe(deployment: Deployment, { registry, gates }: TrackerSources, now: number): Deployment {
    // A Direct deployment has nothing to compare.
    if (deployment.startedAt === undefined || deployment.step?.kind === 'settling') return deployment;
    const { deploymentId, epoch, settings } = deployment;
    const leftOut = registry
      .splitNodes(deploymentId)
      .flatMap(({ nodeId, doubt }) => (doubt === undefined ? [] : [`node ${nodeId} is left out: ${doubt}`]));
    return this.#observation.observe(deployment, {
      whole: registry.splits(deploymentId, epoch),
      leftOut,
      gates: gates.results(deploymentId, settings.gates),
      now,
    });
  }

  /** What is worth storing when nothing was decided: a verdict that differs from the stored one, or now and then the numbers. */
  worthStoring(stored: Deployment, observed: Deployment, now: number): Transition | undefined {
    const { verdict } = observed;
    if (verdict === undefined || observed === stored) return undefined;
    const at = new Date(now).toISOString();
    const deployment = { ...observed, updatedAt: at };
    const isNews = stored.verdict?.verdict !== verdict.verdict || stored.verdict.phaseIndex !== verdict.phaseIndex;
    const age = now - this.#storedAt;
    if (isNews && age >= tellMs) {
      return { deployment, events: [draft('verdict', { at, by: byItself }, verdict.explanation)] };
    }
    return age >= storeMs ? { deployment, events: [] } : undefined;
  }

  /** A transition was written; or, when somebody else wrote first, the deployment is due again. */
  written(isDone: boolean, now: number): void {
    if (isDone) this.#storedAt = now;
    else this.#dueAt = now;
  }
}

function intervalOf({ phases, currentPhaseIndex, step }: Deployment): AnalysisConfig['interval'] {
  return step?.kind === 'settling' ? 0 : phases[Math.max(0, currentPhaseIndex)].analysis.interval;
}
