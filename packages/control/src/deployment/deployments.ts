import type { DeploymentsConfig, DeploymentSettings, RouteDocument } from '@sluice/model';
import { ConfigurationConflictError, NotFoundError } from '../configuration/index.ts';
import type { Author, Configuration, RouteVersions } from '../configuration/index.ts';
import type { Store, Write } from '../store/index.ts';
import { applyAction } from './apply-action.ts';
import type { Actor, DeploymentAction } from './apply-action.ts';
import { readCandidates } from './candidates.ts';
import type { ReadCandidates, RequestedDeployment } from './candidates.ts';
import { creationOf } from './creation.ts';
import type { DeploymentQuery, DeploymentStore } from './deployment-store.ts';
import { hasEnded } from './deployment.ts';
import type { DeployedRoute, Deployment, DeploymentEvent } from './deployment.ts';
import { cancel } from './endings.ts';
import { ForbiddenActionError } from './errors.ts';
import type { Verdict } from './judge/index.ts';
import { freezeNow, lineWrite, readLine } from './line.ts';
import type { LineState } from './line.ts';
import { recordOf } from './plain-change.ts';
import type { PlainChange } from './plain-change.ts';
import { deploymentIdOf, planDeployment } from './plan-deployment.ts';
import { requireAsReviewed, withReviewed } from './reviewed.ts';
import type { Change, StoredDeployment } from './stored-deployment.ts';
import { tryAgain } from './try-again.ts';

export interface DeploymentsOptions {
  readonly store: Store;
  readonly deploymentStore: DeploymentStore;
  readonly configuration: Configuration;
  readonly versions: RouteVersions;
  readonly config: DeploymentsConfig;
  readonly figures: (deployment: Deployment) => Verdict | undefined;
  readonly onChange: (listener: (deploymentId: string) => void) => () => void;
  /** Whether some node is live. */
  readonly hasNodes: () => boolean;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Makes the ends of ids, and the secrets of smoke requests. */
  readonly random: { id(): string; token(): string };
}

/** A deployment of what a saved file changed. */
export interface DeploymentOfFile {
  readonly deploymentId: string;
  /** Routes of one environment, with what serves until then. */
  readonly routes: readonly (DeployedRoute & { readonly stable: RouteDocument })[];
  readonly settings: DeploymentSettings;
  readonly environment: string;
}

/** What goes with a change that comes from the file that owns the routes. */
export interface FileContext {
  readonly author: Author & { readonly kind: 'file' };
  /** Writes that are committed together with it. */
  readonly alongside: (deployment: Deployment) => readonly Write[];
}

/** What goes with a change that a person requests. */
export interface ChangeContext<T = Deployment> {
  readonly actor: Actor;
  /** Nothing is stored: the result is what would be. */
  readonly dryRun?: boolean | undefined;
  /** Writes that are committed together with it, such as its audit entry. */
  readonly alongside?: ((result: T) => readonly Write[]) | undefined;
}

/**
 * The deployments of a control plane. Methods that write reject with a ValidationError, a NotFoundError, a
 * ConfigurationConflictError (409: it has ended, its status does not allow it, a route is taken), a ForbiddenActionError
 * (403: the author approves, somebody other than an Admin deploys an emergency), or the store's errors.
 */
export class Deployments {
  /**
   * The figures of this moment, which every control process has, because all of them hear from all nodes. Undefined before
   * there are any, and after the end: then the last verdict counts.
   */
  readonly figures: DeploymentsOptions['figures'];
  /** Calls back with each deployment that changes, on any control process; returns what ends that. */
  readonly onChange: DeploymentsOptions['onChange'];
  readonly #options: DeploymentsOptions;

  constructor(options: DeploymentsOptions) {
    this.#options = options;
    this.figures = options.figures;
    this.onChange = options.onChange;
  }

  /** Creates a deployment. It starts in the same commit unless it has to wait. */
  async create(requested: RequestedDeployment, context: ChangeContext): Promise<Deployment> {
    if (requested.settings.emergency && !context.actor.isAdmin) {
      throw new ForbiddenActionError('an emergency is for Admins: it waits for no approval and no freeze');
    }
    return tryAgain(async () => {
      await this.#options.configuration.refresh();
      const read = await readCandidates(requested, context.actor, this.#options);
      const { approvalFor } = this.#options.config;
      return this.#createWith(requested.settings, { ...read, approvalFor }, byPerson(context));
    });
  }

  /**
   * Creates the deployment of a saved file. It needs no approval, except in phases that say so, but a freeze holds it.
   * Rejects with a ConflictError when somebody else wrote first: what was planned has to be planned anew.
   */
  createOfFile(wanted: DeploymentOfFile, { author, alongside }: FileContext): Promise<Deployment> {
    return this.#createWith(wanted.settings, { ...wanted, approvalFor: [] }, { author, alongside });
  }

  /** Ends a deployment of a file that has been saved again. One that has ended already stays as it is. */
  withdraw(deploymentId: string, reason: string, { author, alongside }: FileContext): Promise<Deployment | undefined> {
    return tryAgain(async () => {
      const before = await this.#options.deploymentStore.get(deploymentId);
      if (before === undefined || hasEnded(before.deployment)) return before?.deployment;
      const transition = cancel(before.deployment, reason, { at: this.#now(), by: author.name });
      return this.#commit([{ before, transition }], { author, alongside }, []);
    });
  }

  act(deploymentId: string, action: DeploymentAction, context: ChangeContext): Promise<Deployment> {
    let seen: number | undefined;
    return tryAgain(async () => {
      const before = await this.#read(deploymentId);
      requireSamePhase(before.deployment, action, seen);
      seen = before.deployment.currentPhaseIndex;
      const { freeze, check } = await this.#freeze();
      if (action.kind === 'approve') await requireAsReviewed(before.deployment, this.#options.configuration);
      const at = this.#now();
      const transition = applyAction(before.deployment, action, { actor: context.actor, at, freeze: freeze?.reason });
      const goesForward = action.kind === 'promote' || action.kind === 'approve';
      return this.#commit([{ before, transition }], byPerson(context), goesForward ? [check] : []);
    });
  }

  async get(deploymentId: string): Promise<Deployment> {
    return (await this.#read(deploymentId)).deployment;
  }

  /** The newest first. */
  list(query: DeploymentQuery): Promise<{ readonly items: readonly Deployment[]; readonly total: number }> {
    return this.#options.deploymentStore.list(query);
  }

  /** The events with a sequence above `after`, in order. */
  events(
    deploymentId: string,
    page: { readonly after: number; readonly limit: number },
  ): Promise<readonly DeploymentEvent[]> {
    return this.#options.deploymentStore.events(deploymentId, page);
  }

  /** The line, and the freeze that holds now, if there is one. */
  async line(): Promise<LineState> {
    const { store, config, clock } = this.#options;
    const stored = await readLine(store);
    const { freeze } = freezeNow(config, stored, clock);
    return { ...stored.line, ...(freeze && { freeze: freeze.reason }) };
  }

  /** Stops the line, or frees it: while it is stopped nothing goes forward, but rollbacks do happen. */
  setLine(
    { stopped, reason }: Pick<LineState, 'stopped' | 'reason'>,
    { actor, dryRun, alongside }: ChangeContext<LineState>,
  ): Promise<LineState> {
    return tryAgain(async () => {
      const { version } = await readLine(this.#options.store);
      const line = { stopped, by: actor.name, at: this.#now(), ...(reason !== undefined && { reason }) };
      if (dryRun !== true) await this.#options.store.commit([lineWrite(line, version), ...(alongside?.(line) ?? [])]);
      return line;
    });
  }

  /** The writes that record a plain change; none when it left no route. */
  recordPlain(change: PlainChange): readonly Write[] {
    const { deploymentStore, hasNodes } = this.#options;
    const transition = recordOf(change, { ...this.#options, hasNodes: hasNodes(), at: this.#now() });
    return transition === undefined ? [] : deploymentStore.writesOf({ before: undefined, transition });
  }

  async #createWith(settings: DeploymentSettings, wanted: Wanted, context: CommitContext): Promise<Deployment> {
    const { deploymentStore, random, configuration, hasNodes } = this.#options;
    const open = await deploymentStore.open();
    const waits = settings.onConflict === 'wait';
    const routes = withReviewed(wanted.routes, { open, waits, live: configuration });
    const at = this.#now();
    const planned = planDeployment({
      deploymentId: wanted.deploymentId ?? deploymentIdOf(routes, random.id()),
      probeToken: random.token(),
      routes,
      settings,
      environment: wanted.environment,
      author: context.author,
      approvalFor: wanted.approvalFor,
      at,
    });
    const { freeze, check } = await this.#freeze();
    const changes = creationOf(planned, {
      open,
      facts: { freeze: freeze?.reason, revision: configuration.revision, hasNodes: hasNodes() },
      cause: { at, by: context.author.name },
      configuration,
    });
    const starts = changes.at(-1)!.transition.deployment.startedAt !== undefined;
    return this.#commit(changes, context, starts && !settings.emergency ? [check] : []);
  }

  /** `checks` are writes that fail unless what was read still holds. */
  async #commit(changes: readonly Change[], context: CommitContext, checks: readonly Write[]): Promise<Deployment> {
    const last = changes.at(-1)!.transition.deployment;
    if (context.dryRun === true) return last;
    const alongside = [...checks, ...(context.alongside?.(last) ?? [])];
    const written = await this.#options.deploymentStore.commit(changes, { author: context.author, alongside });
    return written.at(-1)!;
  }

  async #read(deploymentId: string): Promise<StoredDeployment> {
    const stored = await this.#options.deploymentStore.get(deploymentId);
    if (stored === undefined) throw new NotFoundError(`there is no deployment ${deploymentId}`);
    return stored;
  }

  async #freeze() {
    const { store, config, clock } = this.#options;
    return freezeNow(config, await readLine(store), clock);
  }

  #now(): string {
    return new Date(this.#options.clock()).toISOString();
  }
}

/** A deployment that is about to be created. */
type Wanted = ReadCandidates & { readonly deploymentId?: string; readonly approvalFor: readonly string[] };

/** Who writes, and what else is written. */
type CommitContext = Pick<ChangeContext, 'dryRun' | 'alongside'> & { readonly author: Author };

function byPerson({ actor, ...rest }: ChangeContext): CommitContext {
  return { ...rest, author: authorOf(actor) };
}

function authorOf({ isAdmin: _isAdmin, ...author }: Actor): Author {
  return author;
}

/** A promotion to "the next phase" means the phase after the one that the person saw. */
function requireSamePhase(
  { deploymentId, currentPhaseIndex }: Deployment,
  action: DeploymentAction,
  seen: number | undefined,
): void {
  if (action.kind !== 'promote') return;
  const from = action.fromPhaseIndex ?? (action.targetPercentage === undefined ? seen : undefined);
  if (from === undefined || from === currentPhaseIndex) return;
  throw new ConfigurationConflictError(
    `deployment ${deploymentId} has gone on to its next phase: look at it before you promote it`,
  );
}
