import { stackOf } from '@sluice/service';
import type { DeliveryConfig, NodeFault } from '@sluice/model';
import type { Leader } from '../lock/index.ts';
import { NotLeadingError } from '../lock/index.ts';
import { faultText } from '../nodes/index.ts';
import type { NodeRegistry } from '../nodes/index.ts';
import { ConflictError, StoreUnavailableError } from '../store/index.ts';
import type { Store } from '../store/index.ts';
import { blockedBy, placeOf, unapprovedRival } from './blocked-by.ts';
import { carryOut } from './carry-out.ts';
import type { CarryOutParts } from './carry-out.ts';
import { decide } from './decide.ts';
import type { StoredDeployment } from './deployment-store.ts';
import type { Deployment } from './deployment.ts';
import type { Facts } from './facts.ts';
import type { Gates } from './gates/index.ts';
import { Observation } from './observation.ts';
import { settlePlainChanges } from './settle-plain-changes.ts';
import { readLine, standstillNow } from './standstill.ts';
import type { Standstill } from './standstill.ts';
import * as transition from './transition.ts';
import type { Transition } from './transition.ts';
import type { Verdict } from './judge/verdict.ts';

/** What a runner works with. */
export interface RunnerOptions extends CarryOutParts {
  readonly store: Store;
  readonly registry: Pick<NodeRegistry, 'splits' | 'splitNodes'>;
  readonly leader: Pick<Leader, 'leading' | 'guard' | 'onChange'>;
  readonly gates: Gates;
  readonly config: DeliveryConfig;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** From one round to the next, in milliseconds; 200 by default. */
  readonly everyMs?: number;
}

/** Brings deployments forward, on the one process that leads. */
export interface Runner {
  /** The latest figures of a deployment that this process looks after. */
  latest(deployment: Deployment): Verdict | undefined;
  /** Looks at everything that is due, now. */
  round(): Promise<void>;
  /** Waits for a round that runs. May be called again. */
  close(): Promise<void>;
}

/** From one round to the next, in milliseconds: deployments are looked at when their interval is over. */
const roundMs = 200;
/** How often the store is asked for open deployments and the line when nothing is known to have changed, in milliseconds. */
const refreshMs = 1_000;
/** How long a new leader listens to what the nodes have counted so far before it judges, in milliseconds. */
const listenMs = 1_500;
/** How often numbers are kept while nothing happens, in milliseconds. */
const keepMs = 10_000;
/** How often a verdict that goes to and fro is told of at most, in milliseconds. */
const tellMs = 3_000;

/** Begins to bring deployments forward whenever this process leads. */
export function startRunner(options: RunnerOptions): Runner {
  return new LeadingRunner(options);
}

interface Watch {
  observation: Observation;
  nextLookAt: number;
  keptAt: number;
  /** What was told of the log already. */
  complaint?: string;
}

class LeadingRunner implements Runner {
  readonly #options: RunnerOptions;
  readonly #watches = new Map<string, Watch>();
  readonly #timer: NodeJS.Timeout;
  readonly #stopListening: () => void;
  #running: Promise<void> = Promise.resolve();
  #isBusy = false;
  #leadingSince: number | undefined;
  #open: readonly StoredDeployment[] = [];
  #openReadAt = Number.NEGATIVE_INFINITY;
  /** Undefined when there is nothing to bring forward. */
  #line: Awaited<ReturnType<typeof readLine>> | undefined;
  #complaint: string | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.round(), options.everyMs ?? roundMs);
    this.#timer.unref();
    this.#stopListening = options.leader.onChange((leading) => leading && void this.round());
  }

  latest({ deploymentId, epoch }: Deployment): Verdict | undefined {
    const observation = this.#watches.get(deploymentId)?.observation;
    return observation?.epoch === epoch ? observation.latest : undefined;
  }

  round(): Promise<void> {
    // A round that takes long is not followed by all those that were due meanwhile.
    if (this.#isBusy) return this.#running;
    this.#isBusy = true;
    this.#running = this.#lookAtAll()
      .then(() => (this.#complaint = undefined))
      .catch((error: unknown) => this.#complain(error))
      .finally(() => (this.#isBusy = false));
    return this.#running;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopListening();
    await this.#running;
  }

  async #lookAtAll(): Promise<void> {
    const { leader, clock, store, config, kept, gates } = this.#options;
    if (!leader.leading) {
      this.#leadingSince = undefined;
      this.#watches.clear();
      return;
    }
    const now = clock();
    // A clock that was put back is followed: what it said before is no time that will come.
    this.#leadingSince = Math.min(this.#leadingSince ?? now, now);
    if (now - this.#openReadAt >= refreshMs || now < this.#openReadAt) {
      this.#open = await kept.open();
      // As of the same moment. What is decided by it is void when somebody has stopped the line since.
      this.#line = this.#open.length === 0 ? undefined : await readLine(store);
      this.#openReadAt = now;
      // A new leader hears of the nodes first: with none it would take every change for one that all of them run.
      if (now >= this.#leadingSince + listenMs) await settlePlainChanges(this.#options);
    }
    for (const deploymentId of this.#watches.keys()) {
      if (this.#open.some(({ deployment }) => deployment.deploymentId === deploymentId)) continue;
      this.#watches.delete(deploymentId);
      gates.forget(deploymentId);
    }
    if (this.#line === undefined) return;
    const seen = standstillNow(config, this.#line, clock);
    for (const stored of this.#open) {
      await this.#lookAt(stored, seen).catch((error: unknown) => this.#passOver(stored, error));
    }
  }

  /** One that cannot be looked at keeps none of the others waiting. */
  #passOver({ deployment: { deploymentId } }: StoredDeployment, error: unknown): void {
    if (error instanceof StoreUnavailableError || error instanceof NotLeadingError) throw error;
    if (isRace(error)) return;
    const reason = stackOf(error);
    if (this.#watches.get(deploymentId)?.complaint === reason) return;
    this.#options.log.error('a deployment could not be looked at', { deploymentId, reason });
    const watch = this.#watches.get(deploymentId);
    if (watch !== undefined) watch.complaint = reason;
  }

  async #lookAt(stored: StoredDeployment, { check, ...standstill }: Standstill): Promise<void> {
    const now = this.#options.clock();
    const watch = this.#watchOf(stored.deployment, now);
    if (watch === undefined) return;
    const interval = intervalOf(stored.deployment);
    // Further away than an interval: the clock was put back.
    if (now < watch.nextLookAt && watch.nextLookAt - now <= interval) return;
    watch.nextLookAt = now + interval;
    watch.keptAt = Math.min(watch.keptAt, now);
    const seen = this.#observe(stored.deployment, watch, now);
    const facts = this.#factsOf(seen, standstill);
    const next = decide(seen, facts, now) ?? this.#worthKeeping(stored.deployment, seen, { watch, now });
    if (next === undefined) return;
    // Whatever comes of it, what is known of the store is old now.
    this.#openReadAt = Number.NEGATIVE_INFINITY;
    const isDone = await carryOut(this.#options, { stored, next, open: this.#open, line: check });
    // Somebody else was faster: it is looked at anew.
    if (isDone) watch.keptAt = now;
    else watch.nextLookAt = now;
  }

  /** Undefined while a leader that took over listens: what was counted before is not to be judged again. */
  #watchOf(deployment: Deployment, now: number): Watch | undefined {
    const { deploymentId, epoch, currentPhaseIndex, phases } = deployment;
    const watch = this.#watches.get(deploymentId);
    if (watch?.observation.epoch === epoch) return watch;
    const leadingSince = this.#leadingSince ?? now;
    const begun = Date.parse(phases[currentPhaseIndex]?.startedAt ?? deployment.createdAt);
    const isTakenOver = watch === undefined && deployment.startedAt !== undefined && begun < leadingSince;
    if (isTakenOver && now < leadingSince + listenMs) return undefined;
    const judged = isTakenOver ? this.#options.registry.splits(deploymentId, epoch) : undefined;
    const begin = { observation: new Observation(epoch, judged, watch?.observation), nextLookAt: now, keptAt: now };
    this.#watches.set(deploymentId, begin);
    return begin;
  }

  #observe(deployment: Deployment, { observation }: Watch, now: number): Deployment {
    const { registry, gates } = this.#options;
    // Nothing is compared where all of it is the candidate's at once.
    if (deployment.startedAt === undefined || deployment.step?.kind === 'settling') return deployment;
    const { deploymentId, epoch, settings } = deployment;
    const whole = registry.splits(deploymentId, epoch);
    const leftOut = registry
      .splitNodes(deploymentId)
      .flatMap(({ nodeId, doubt }) => (doubt === undefined ? [] : [`node ${nodeId} is left out: ${doubt}`]));
    return observation.look(deployment, { whole, leftOut, gates: gates.results(deploymentId, settings.gates), now });
  }

  #factsOf(deployment: Deployment, standstill: Pick<Facts, 'frozen' | 'stopped'>): Facts {
    const { registry, configuration } = this.#options;
    const { deploymentId, verdict, startedAt, routes, strategy } = deployment;
    const ids = new Set(routes.map(({ routeId }) => routeId));
    const isBrought = ({ routeId, isCandidate }: NodeFault): boolean =>
      ids.has(routeId) && (isCandidate || strategy === 'Direct');
    const rival = startedAt === undefined ? unapprovedRival(deployment, this.#open) : undefined;
    return {
      ...standstill,
      verdict: startedAt === undefined ? undefined : verdict,
      nodes: registry.splitNodes(deploymentId).map((node) => ({
        ...node,
        faults: node.faults.filter(isBrought).map(faultText),
      })),
      revision: configuration.revision,
      blockedBy: blockedBy(deployment, this.#open),
      unapproved: rival && placeOf(rival),
    };
  }

  /** Verdicts that say something else than the one before are kept and told of; numbers now and then. */
  #worthKeeping(
    before: Deployment,
    seen: Deployment,
    { watch, now }: { readonly watch: Watch; readonly now: number },
  ): Transition | undefined {
    const { verdict } = seen;
    if (verdict === undefined || seen === before) return undefined;
    const at = new Date(now).toISOString();
    const deployment = { ...seen, updatedAt: at };
    const isNews = before.verdict?.verdict !== verdict.verdict || before.verdict.phaseIndex !== verdict.phaseIndex;
    if (isNews && now - watch.keptAt >= tellMs) {
      const event = transition.draft('verdict', { at, by: transition.byItself }, verdict.explanation);
      return { deployment, events: [event] };
    }
    return now - watch.keptAt >= keepMs ? { deployment, events: [] } : undefined;
  }

  #complain(error: unknown): void {
    if (isPassing(error)) return;
    const reason = stackOf(error);
    if (reason !== this.#complaint) this.#options.log.error('deployments could not be looked at', { reason });
    this.#complaint = reason;
  }
}

function intervalOf({ phases, currentPhaseIndex, step }: Deployment): number {
  if (step?.kind === 'settling') return 0;
  return phases[Math.max(0, currentPhaseIndex)].analysis.interval;
}

/** Somebody else wrote the deployment, or leads now: what was decided is void. */
function isRace(error: unknown): boolean {
  return error instanceof ConflictError;
}

/** The next round does what this one could not; a store that is away is told of elsewhere. */
function isPassing(error: unknown): boolean {
  return error instanceof StoreUnavailableError || error instanceof NotLeadingError || isRace(error);
}
