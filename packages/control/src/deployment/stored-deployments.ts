import type { DeliveryConfig } from '@sluice/model';
import { ConfigurationConflictError, NotFoundError } from '../configuration/index.ts';
import type { Author, Configuration, RouteVersions } from '../configuration/index.ts';
import { ConflictError } from '../store/index.ts';
import type { Store, Write } from '../store/index.ts';
import { applyAction } from './apply-action.ts';
import { readCandidates } from './candidates.ts';
import type { ReadCandidates } from './candidates.ts';
import { deploymentEvents, deploymentIn, deploymentRoutes, deployments } from './collections.ts';
import { DeploymentStore } from './deployment-store.ts';
import type { Change, StoredDeployment } from './deployment-store.ts';
import type { Deployment } from './deployment.ts';
import type {
  ActionContext,
  DeploymentAction,
  DeploymentEvent,
  DeploymentQuery,
  Deployments,
  LineState,
  RequestedDeployment,
} from './deployments.ts';
import { ForbiddenActionError } from './errors.ts';
import { changedSince, withLookedAt } from './looked-at.ts';
import { planCreation } from './plan-creation.ts';
import { deploymentIdOf, planDeployment } from './plan-deployment.ts';
import { plainDeployment } from './plain-deployment.ts';
import type { PlainChange } from './plain-deployment.ts';
import { lineWrite, readLine, standstillNow } from './standstill.ts';
import type { Verdict } from './judge/verdict.ts';

/** What deployments work with. */
export interface DeploymentsOptions {
  readonly store: Store;
  readonly configuration: Configuration;
  readonly versions: RouteVersions;
  readonly config: DeliveryConfig;
  /** Those who are to be told of an event, as writes. */
  readonly notices: (event: DeploymentEvent, deployment: Deployment) => readonly Write[];
  /** The figures of this moment. */
  readonly figures: (deployment: Deployment) => Verdict | undefined;
  /** Tells everybody that a deployment changed. */
  readonly announce: (deploymentId: string) => void;
  readonly onChange: (listener: (deploymentId: string) => void) => () => void;
  /** Whether some node is live; none by default. */
  readonly hasNodes?: () => boolean;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Makes the end of an id, and the secrets of probes. */
  readonly random: { id(): string; token(): string };
}

/** How often something is tried anew when somebody else was faster each time. */
const attempts = 30;

/** Opens the deployments that a store keeps. */
export function createDeployments(options: DeploymentsOptions): Deployments {
  return new StoredDeployments(options);
}

class StoredDeployments implements Deployments {
  readonly #options: DeploymentsOptions;
  readonly #kept: DeploymentStore;

  constructor(options: DeploymentsOptions) {
    this.#options = options;
    this.#kept = new DeploymentStore(options);
  }

  async create(requested: RequestedDeployment, context: ActionContext): Promise<Deployment> {
    const { actor } = context;
    if (requested.settings.emergency && !actor.isAdmin) {
      throw new ForbiddenActionError('an emergency deployment is for admins: it needs no approval and no free line');
    }
    return this.#tryAgain(async () => {
      await this.#options.configuration.refresh();
      const read = await readCandidates(requested, actor, this.#options);
      return this.#createWith(requested, read, context);
    });
  }

  act(deploymentId: string, action: DeploymentAction, context: ActionContext): Promise<Deployment> {
    let seen: number | undefined;
    return this.#tryAgain(async () => {
      const before = await this.#read(deploymentId);
      const { actor } = context;
      requireSamePhase(before.deployment, action, seen);
      seen = before.deployment.currentPhaseIndex;
      const { standstill, check } = await this.#standstill();
      if (action.kind === 'approve') await this.#requireAsLookedAt(before.deployment);
      const next = applyAction(before.deployment, action, { actor, at: this.#now(), standstill });
      const goesForward = action.kind === 'promote' || action.kind === 'approve';
      return this.#commit([{ before, transition: next }], context, goesForward ? [check] : []);
    });
  }

  async get(deploymentId: string): Promise<Deployment> {
    return (await this.#read(deploymentId)).deployment;
  }

  async list({ routeId, status, environment, limit, offset }: DeploymentQuery) {
    const newest = { orderBy: 'createdAt', descending: true, limit, offset };
    if (routeId !== undefined) {
      const where = { routeId, status, environment };
      const found = await this.#options.store.find(deploymentRoutes, { where, ...newest });
      const items = await Promise.all(found.items.map(({ body }) => this.#kept.get(body.deploymentId)));
      return { items: items.flatMap((one) => one?.deployment ?? []), total: found.total };
    }
    const query = { where: { status, environment }, ...newest };
    const { items, total } = await this.#options.store.find(deployments, query);
    return { items: items.map(({ body }) => deploymentIn(body)), total };
  }

  async events(deploymentId: string, { after, limit }: { readonly after: number; readonly limit: number }) {
    const where = { deploymentId, sequence: { atLeast: after + 1 } };
    const { items } = await this.#options.store.find(deploymentEvents, { where, orderBy: 'sequence', limit });
    return items.map(({ body }) => body.event as unknown as DeploymentEvent);
  }

  figures(deployment: Deployment): Verdict | undefined {
    return this.#options.figures(deployment);
  }

  onChange(listener: (deploymentId: string) => void): () => void {
    return this.#options.onChange(listener);
  }

  async line(): Promise<LineState> {
    return (await readLine(this.#options.store)).line;
  }

  setLine(...[next, { actor, dryRun, alongside }]: Parameters<Deployments['setLine']>): Promise<LineState> {
    return this.#tryAgain(async () => {
      const { version } = await readLine(this.#options.store);
      const { stopped, reason } = next;
      const line = { stopped, by: actor.name, at: this.#now(), ...(reason !== undefined && { reason }) };
      if (dryRun === true) return line;
      await this.#options.store.commit([lineWrite(line, version), ...(alongside?.() ?? [])]);
      return line;
    });
  }

  recordPlain(change: PlainChange) {
    const hasNodes = this.#options.hasNodes?.() ?? false;
    return plainDeployment(change, { ...this.#options, hasNodes, at: this.#now() });
  }

  /** Keeps a new deployment; one that nothing holds begins in the same commit. */
  async #createWith(
    { settings }: RequestedDeployment,
    read: ReadCandidates,
    context: ActionContext,
  ): Promise<Deployment> {
    const { config, random, configuration } = this.#options;
    const { environment } = read;
    const open = await this.#kept.open();
    const waits = settings.onConflict === 'wait';
    const routes = withLookedAt(read.routes, { open, waits, live: configuration });
    const deploymentId = deploymentIdOf(routes, random.id());
    const at = this.#now();
    const { approvalFor } = config;
    const author = authorOf(context);
    const who = { author, approvalFor, at };
    const planned = planDeployment({ deploymentId, probeToken: random.token(), routes, settings, environment, ...who });
    const { standstill, check } = await this.#standstill();
    const { changes, goesForward } = planCreation(planned, {
      open,
      standstill,
      cause: { at, by: context.actor.name },
      from: { revision: configuration.revision, hasNodes: this.#options.hasNodes?.() ?? false },
    });
    return this.#commit(changes, context, goesForward ? [check] : []);
  }

  /** `checks`: what has to hold still when it is written. */
  async #commit(
    changes: readonly Change[],
    context: ActionContext,
    checks: readonly Write[] = [],
  ): Promise<Deployment> {
    const last = changes.at(-1)!.transition.deployment;
    if (context.dryRun === true) return last;
    const alongside = [...checks, ...(context.alongside?.(last) ?? [])];
    const written = await this.#kept.commit(changes, { author: authorOf(context), alongside });
    for (const { deploymentId } of written) this.#options.announce(deploymentId);
    return written.at(-1)!;
  }

  /** Whoever approves agrees to what was asked for then, in place of what served then. */
  async #requireAsLookedAt(deployment: Deployment): Promise<void> {
    if (deployment.startedAt !== undefined || deployment.status !== 'AwaitingApproval') return;
    await this.#options.configuration.refresh();
    const changed = changedSince(deployment, this.#options.configuration);
    if (changed === undefined) return;
    const { deploymentId } = deployment;
    throw new ConfigurationConflictError(
      `${changed} since ${deploymentId} was asked for: compare its base, stable and candidate, reject it and deploy anew`,
    );
  }

  async #read(deploymentId: string): Promise<StoredDeployment> {
    const stored = await this.#kept.get(deploymentId);
    if (stored === undefined) throw new NotFoundError(`there is no deployment ${deploymentId}`);
    return stored;
  }

  /** Why nothing goes forward now, and the write that makes sure that this is still so. */
  async #standstill(): Promise<{ readonly standstill: string | undefined; readonly check: Write }> {
    const { store, config, clock } = this.#options;
    const { stopped, frozen, check } = standstillNow(config, await readLine(store), clock);
    return { standstill: stopped ?? frozen, check };
  }

  #now(): string {
    return new Date(this.#options.clock()).toISOString();
  }

  /** Looks, plans and writes anew when somebody else was faster. */
  async #tryAgain<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        const isOurs = error instanceof ConflictError && ours.has(error.collection);
        if (!isOurs) throw error;
        if (attempt === attempts) throw new ConfigurationConflictError('too many changes at the same time: try again');
      }
    }
  }
}

/** Where a conflict means that what was read is no longer so. */
const ours: ReadonlySet<string> = new Set(['deployments', 'deployment_events', 'delivery_line']);

function authorOf({ actor }: ActionContext): Author {
  const { isAdmin: _isAdmin, ...author } = actor;
  return author;
}

/** "The next phase" is the one after the phase that was seen, whoever else brought it forward meanwhile. */
function requireSamePhase(
  { deploymentId, currentPhaseIndex }: Deployment,
  action: DeploymentAction,
  seen: number | undefined,
): void {
  if (action.kind !== 'promote') return;
  const from = action.fromPhaseIndex ?? (action.targetPercentage === undefined ? seen : undefined);
  if (from === undefined || from === currentPhaseIndex) return;
  throw new ConfigurationConflictError(
    `deployment ${deploymentId} went on to its next phase meanwhile: look at it first`,
  );
}
