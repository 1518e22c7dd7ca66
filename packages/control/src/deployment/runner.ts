import type { DeploymentsConfig } from '@sluice/model';
import { stackOf } from '@sluice/service';
import type { Leader } from '../lock/index.ts';
import { NotLeadingError } from '../lock/index.ts';
import type { NodeRegistry } from '../nodes/index.ts';
import { ConflictError, StoreUnavailableError } from '../store/index.ts';
import type { Store } from '../store/index.ts';
import { carryOut } from './carry-out.ts';
import type { CarryOutParts } from './carry-out.ts';
import { decidePlainChange } from './decide-settling.ts';
import { decide } from './decide.ts';
import type { Deployment } from './deployment.ts';
import { gatherFacts, nodeFacts } from './gather-facts.ts';
import type { Gates } from './gates/index.ts';
import type { Verdict } from './judge/index.ts';
import { freezeNow, readLine } from './line.ts';
import type { FreezeState, StoredLine } from './line.ts';
import { Observation } from './observation.ts';
import type { StoredDeployment } from './stored-deployment.ts';
import { Tracker } from './tracker.ts';

export interface RunnerOptions extends CarryOutParts {
  readonly store: Store;
  readonly registry: Pick<NodeRegistry, 'splits' | 'splitNodes'>;
  readonly leader: Pick<Leader, 'leading' | 'guard' | 'onChange'>;
  readonly gates: Gates;
  readonly config: DeploymentsConfig;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** From one round to the next, in milliseconds; 200 by default. */
  readonly everyMs?: number;
}

/** From one round to the next, in milliseconds. A deployment has its turn when its interval is over. */
const roundMs = 200;
/** How often open deployments and the line are read while nothing is known to have changed, in milliseconds. */
const refreshMs = 1_000;
/** How long a new leader listens to the counts of the nodes before it judges, in milliseconds. */
const listenMs = 1_500;

/** Runs the deployments while this process leads. */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #trackers = new Map<string, Tracker>();
  readonly #timer: NodeJS.Timeout;
  readonly #stopListening: () => void;
  #running: Promise<void> = Promise.resolve();
  #isBusy = false;
  #leadingSince: number | undefined;
  #open: readonly StoredDeployment[] = [];
  #readAt = Number.NEGATIVE_INFINITY;
  /** Undefined when no deployment is open. */
  #line: StoredLine | undefined;
  /** The latest error in the log. */
  #lastError: string | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.round(), options.everyMs ?? roundMs);
    this.#timer.unref();
    this.#stopListening = options.leader.onChange((leading) => leading && void this.round());
  }

  /** The latest verdict on a deployment that this process runs. */
  latest({ deploymentId, epoch }: Deployment): Verdict | undefined {
    const tracker = this.#trackers.get(deploymentId);
    return tracker?.epoch === epoch ? tracker.latest : undefined;
  }

  /** Gives every deployment its turn that is due. */
  round(): Promise<void> {
    // After a long round the rounds that were due meanwhile are left out.
    if (this.#isBusy) return this.#running;
    this.#isBusy = true;
    this.#running = this.#runAll()
      .then(() => (this.#lastError = undefined))
      .catch((error: unknown) => this.#logOnce(error))
      .finally(() => (this.#isBusy = false));
    return this.#running;
  }

  /** Waits for the current round. May be called again. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopListening();
    await this.#running;
  }

  async #runAll(): Promise<void> {
    const { leader, clock, config } = this.#options;
    if (!leader.leading) {
      this.#leadingSince = undefined;
      this.#trackers.clear();
      return;
    }
    const now = clock();
    // The clock may be set back.
    this.#leadingSince = Math.min(this.#leadingSince ?? now, now);
    if (now - this.#readAt >= refreshMs || now < this.#readAt) await this.#read(now);
    this.#forgetEnded();
    if (this.#line === undefined) return;
    const freezeState = freezeNow(config, this.#line, clock);
    for (const stored of this.#open) {
      await this.#run(stored, freezeState).catch((error: unknown) => this.#skip(stored, error));
    }
  }

  async #read(now: number): Promise<void> {
    const { store, deploymentStore } = this.#options;
    this.#open = await deploymentStore.open();
    this.#line = this.#open.length === 0 ? undefined : await readLine(store);
    this.#readAt = now;
    // A new leader has to hear from the nodes first: without nodes every plain change would seem to run everywhere.
    if (now >= (this.#leadingSince ?? now) + listenMs) await this.#settlePlainChanges();
  }

  /** Ends the records of plain changes that every live node runs, or that one cannot run, in one commit. */
  async #settlePlainChanges(): Promise<void> {
    const { deploymentStore, registry, configuration, clock } = this.#options;
    const settling = await deploymentStore.settling();
    if (settling.length === 0) return;
    const nodes = registry.splitNodes('');
    const { revision } = configuration;
    const changes = settling.flatMap((before) => {
      const facts = { nodes: nodeFacts(before.deployment, nodes), revision };
      const transition = decidePlainChange(before.deployment, facts, clock());
      return transition === undefined ? [] : [{ before, transition }];
    });
    if (changes.length > 0) await carryOut(this.#options, { changes, open: [] });
  }

  #forgetEnded(): void {
    for (const deploymentId of this.#trackers.keys()) {
      if (this.#open.some(({ deployment }) => deployment.deploymentId === deploymentId)) continue;
      this.#trackers.delete(deploymentId);
      this.#options.gates.forget(deploymentId);
    }
  }

  async #run(before: StoredDeployment, { freeze, check }: FreezeState): Promise<void> {
    const { clock, registry, configuration } = this.#options;
    const now = clock();
    const { deployment } = before;
    const tracker = this.#trackerOf(deployment, now);
    if (tracker === undefined || !tracker.takeTurn(deployment, now)) return;
    const observed = tracker.observe(deployment, this.#options, now);
    const facts = gatherFacts(observed, { registry, configuration, open: this.#open, freeze: freeze?.reason });
    const transition = decide(observed, facts, now) ?? tracker.worthStoring(deployment, observed, now);
    if (transition === undefined) return;
    // Whether it succeeds or not, what was read is out of date.
    this.#readAt = Number.NEGATIVE_INFINITY;
    const changes = [{ before, transition }];
    tracker.written(await carryOut(this.#options, { changes, open: this.#open, freezeCheck: check }), now);
  }

  /** Undefined while a new leader listens: what was counted before has been judged already. */
  #trackerOf({ deploymentId, epoch, ...deployment }: Deployment, now: number): Tracker | undefined {
    const known = this.#trackers.get(deploymentId);
    if (known !== undefined) {
      if (known.epoch !== epoch) known.enterEpoch(epoch, now);
      return known;
    }
    const leadingSince = this.#leadingSince ?? now;
    const { phases, currentPhaseIndex, startedAt, createdAt } = deployment;
    const begun = Date.parse(phases[currentPhaseIndex]?.startedAt ?? createdAt);
    const isTakenOver = startedAt !== undefined && begun < leadingSince;
    if (isTakenOver && now < leadingSince + listenMs) return undefined;
    const judged = isTakenOver ? this.#options.registry.splits(deploymentId, epoch) : undefined;
    const tracker = new Tracker(new Observation(epoch, judged), now);
    this.#trackers.set(deploymentId, tracker);
    return tracker;
  }

  /** A deployment that fails here does not hold up the others. */
  #skip({ deployment: { deploymentId } }: StoredDeployment, error: unknown): void {
    if (error instanceof StoreUnavailableError || error instanceof NotLeadingError) throw error;
    if (error instanceof ConflictError) return;
    const reason = stackOf(error);
    const tracker = this.#trackers.get(deploymentId);
    if (tracker?.lastError === reason) return;
    this.#options.log.error('a deployment could not be run', { deploymentId, reason });
    if (tracker !== undefined) tracker.lastError = reason;
  }

  #logOnce(error: unknown): void {
    // The next round tries again, and that the store is away is logged elsewhere.
    if (error instanceof StoreUnavailableError || error instanceof NotLeadingError || error instanceof ConflictError)
      return;
    const reason = stackOf(error);
    if (reason !== this.#lastError) this.#options.log.error('deployments could not be run', { reason });
    this.#lastError = reason;
  }
}
