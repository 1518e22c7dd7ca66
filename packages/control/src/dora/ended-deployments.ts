import { Turns } from '@sluice/service';
import { deploymentEvents, deploymentIn, deployments } from '../deployment/index.ts';
import type { DeploymentBody, DeploymentEvent } from '../deployment/index.ts';
import type { Store, Stored } from '../store/index.ts';
import { endedDeployment } from './ended-deployment.ts';
import type { EndedDeployment, StatusEvent } from './ended-deployment.ts';

export interface EndedDeploymentsOptions {
  readonly store: Store;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

const page = 200;
/** Deployments that ended this long before the last read may have been stored since: clocks differ, and commits take time. */
const overlapMs = 5 * 60_000;
/** Everything is read again from time to time, because a restored backup changes the past. */
const reloadMs = 3_600_000;
/** The events that can change the status. Verdicts, of which there may be many, cannot. */
const statusEvents: readonly DeploymentEvent['kind'][] = [
  'approvalRequested',
  'approved',
  'rejected',
  'started',
  'phaseStarted',
  'percentageChanged',
  'asked',
  'paused',
  'resumed',
  'promoted',
];

/** The deployments that have ended, in short. They do not change any more, so each is read once. */
export class EndedDeployments {
  readonly #options: EndedDeploymentsOptions;
  readonly #known = new Map<string, EndedDeployment>();
  #from = Infinity;
  #until = -Infinity;
  #loadedAt = -Infinity;
  readonly #turns = new Turns();

  constructor(options: EndedDeploymentsOptions) {
    this.#options = options;
  }

  /** Those that ended at a time (milliseconds since 1970) or later. Rejects with the store's errors. */
  since(from: number): Promise<readonly EndedDeployment[]> {
    // One read after the other: each uses what the ones before have read.
    return this.#turns.run(() => this.#since(from));
  }

  async #since(from: number): Promise<readonly EndedDeployment[]> {
    const now = this.#options.clock();
    if (from < this.#from || now - this.#loadedAt > reloadMs) {
      this.#known.clear();
      this.#from = Infinity;
      await this.#read(from);
      this.#from = from;
      this.#loadedAt = now;
    } else {
      await this.#read(this.#until - overlapMs);
    }
    this.#until = now;
    return [...this.#known.values()].filter(({ endedAt }) => endedAt >= from);
  }

  async #read(from: number): Promise<void> {
    const where = { completedAt: { atLeast: new Date(from).toISOString() } };
    for (let offset = 0; ; offset += page) {
      const found = await this.#options.store.find(deployments, { where, orderBy: 'completedAt', limit: page, offset });
      for (const stored of found.items) if (!this.#known.has(stored.id)) await this.#take(stored);
      if (found.items.length < page) return;
    }
  }

  async #take({ id, body }: Stored<DeploymentBody>): Promise<void> {
    const deployment = deploymentIn(body);
    const events = deployment.isPlain === true ? [] : await this.#eventsOf(id);
    const ended = endedDeployment(deployment, events);
    if (ended !== undefined) this.#known.set(id, ended);
  }

  async #eventsOf(deploymentId: string): Promise<readonly StatusEvent[]> {
    const where = { deploymentId, kind: { in: statusEvents } };
    const { items } = await this.#options.store.find(deploymentEvents, { where, orderBy: 'sequence', limit: 1000 });
    return items.map(({ body }) => body.event as unknown as DeploymentEvent);
  }
}
