import type { Author, Configuration } from '../configuration/index.ts';
import type { Store, Stored, Write } from '../store/index.ts';
import { deploymentEvents, deploymentRoutes, deployments } from './collections.ts';
import type { DeploymentBody } from './collections.ts';
import type { Deployment, DeploymentEvent, DeploymentStatus } from './deployment.ts';
import { desiredRoutes } from './desired-routes.ts';
import type { EnvironmentConfig } from './environment.ts';
import { refuseTaken, requireStartable } from './start-checks.ts';
import { changeWrites, deploymentIn } from './stored-deployment.ts';
import type { Change, NoticeWrites, StoredDeployment } from './stored-deployment.ts';

export interface DeploymentStoreOptions {
  readonly store: Store;
  readonly configuration: Configuration;
  readonly config: EnvironmentConfig;
  readonly notices: NoticeWrites;
  /** Tells every control process that a deployment changed. */
  readonly announce: (deploymentId: string) => void;
}

/** Which deployments a list contains. */
export interface DeploymentQuery {
  readonly routeId?: string | undefined;
  readonly status?: DeploymentStatus | undefined;
  readonly environment?: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** No more deployments can be open at once: `open` reads so many. */
export const mostOpen = 1000;

/**
 * Stores deployments and their events. A transition, its events, its notices and the routes that it changes are one commit.
 * Methods reject with the store's errors, such as a ConflictError when somebody else wrote first.
 */
export class DeploymentStore {
  readonly #options: DeploymentStoreOptions;

  constructor(options: DeploymentStoreOptions) {
    this.#options = options;
  }

  async get(deploymentId: string): Promise<StoredDeployment | undefined> {
    const stored = await this.#options.store.get(deployments, deploymentId);
    return stored && readStored(stored);
  }

  /** Those that have not ended, the oldest first. */
  open(): Promise<readonly StoredDeployment[]> {
    return this.#oldest({ isOpen: true });
  }

  /** Plain changes that some node has yet to run, the oldest first. */
  settling(): Promise<readonly StoredDeployment[]> {
    return this.#oldest({ isOpen: false, status: 'InProgress' });
  }

  /** The newest first. */
  async list({ routeId, status, environment, limit, offset }: DeploymentQuery) {
    const { store } = this.#options;
    const newest = { orderBy: 'createdAt', descending: true, limit, offset };
    if (routeId === undefined) {
      const { items, total } = await store.find(deployments, { where: { status, environment }, ...newest });
      return { items: items.map(({ body }) => deploymentIn(body)), total };
    }
    const found = await store.find(deploymentRoutes, { where: { routeId, status, environment }, ...newest });
    const items = await Promise.all(found.items.map(({ body }) => this.get(body.deploymentId)));
    return { items: items.flatMap((one) => one?.deployment ?? []), total: found.total };
  }

  /** The events of a deployment with a sequence above `after`, in order. */
  async events(
    deploymentId: string,
    { after, limit }: { readonly after: number; readonly limit: number },
  ): Promise<readonly DeploymentEvent[]> {
    const where = { deploymentId, sequence: { atLeast: after + 1 } };
    const { items } = await this.#options.store.find(deploymentEvents, { where, orderBy: 'sequence', limit });
    return items.map(({ body }) => body.event as unknown as DeploymentEvent);
  }

  /** The writes of a change that touches no route. */
  writesOf(change: Change): readonly Write[] {
    return changeWrites(change, this.#options.notices).writes;
  }

  /** Writes changes, and their routes as they have to be after them. Resolves with the deployments as they were written. */
  async commit(
    changes: readonly Change[],
    { author, alongside }: { readonly author: Author; readonly alongside: readonly Write[] },
  ): Promise<readonly Deployment[]> {
    const { store, configuration, config, notices, announce } = this.#options;
    const written = changes.map((change) => changeWrites(change, notices));
    const all = written.map(({ deployment }) => deployment);
    const writes = [...written.flatMap((one) => one.writes), ...alongside];
    const touching = all.filter(({ startedAt, isPlain }) => startedAt !== undefined && !isPlain);
    if (touching.length === 0) await store.commit(writes);
    else {
      const plan: Parameters<Configuration['deploy']>[0] = (route) => {
        // A later deployment may take a route that an earlier one gives up: the last one wins.
        const wanted = touching.flatMap((deployment) => desiredRoutes(deployment, route));
        refuseTaken(wanted, route, new Set(all.map(({ deploymentId }) => deploymentId)));
        for (const change of changes) requireStartable(change, { route, configuration, config });
        return [...new Map(wanted.map((one) => [one.routeId, one])).values()];
      };
      const isOfFile = touching.every((deployment) => deployment.author.kind === 'file');
      await configuration.deploy(plan, { author, reason: reasonOf(changes), alongside: () => writes, isOfFile });
    }
    for (const { deploymentId } of all) announce(deploymentId);
    return all;
  }

  async #oldest(where: { readonly isOpen: boolean; readonly status?: DeploymentStatus }) {
    const query = { where, orderBy: 'createdAt', limit: mostOpen };
    const { items } = await this.#options.store.find(deployments, query);
    return items.map((item) => readStored(item));
  }
}

function readStored({ version, body }: Stored<DeploymentBody>): StoredDeployment {
  return { version, deployment: deploymentIn(body) };
}

/** Why the configuration changes: the last event of the last deployment. */
function reasonOf(changes: readonly Change[]): string {
  const { deployment, events } = changes.at(-1)!.transition;
  return `deployment ${deployment.deploymentId}: ${events.at(-1)?.text ?? 'goes on'}`.slice(0, 500);
}
