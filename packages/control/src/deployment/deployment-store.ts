import { ConfigurationConflictError, splitIn, ValidationError, withoutSplit } from '../configuration/index.ts';
import type { Author, Configuration, DeployedDocument, Document, Entity } from '../configuration/index.ts';
import { ConflictError } from '../store/index.ts';
import type { Body, Store, Stored, Write } from '../store/index.ts';
import { deploymentEvents, deploymentIn, deploymentRoutes, deployments } from './collections.ts';
import type { DeploymentBody } from './collections.ts';
import type { Deployment } from './deployment.ts';
import { hasEnded } from './deployment.ts';
import type { DeploymentEvent } from './deployments.ts';
import { desiredRoutes } from './desired-routes.ts';
import { environmentOfChange, isGuarded } from './environment.ts';
import type { EnvironmentConfig } from './environment.ts';
import { changedSince } from './looked-at.ts';
import { candidateProblems } from './request-problems.ts';
import type { EventDraft, Transition } from './transition.ts';

/** A deployment as it was read, with what has to hold when it is written. */
export type StoredDeployment = Pick<Stored<DeploymentBody>, 'version'> & { readonly deployment: Deployment };

/** What becomes of one deployment. */
export interface Change {
  /** Undefined for a new one. */
  readonly before: StoredDeployment | undefined;
  readonly transition: Transition;
}

/** What goes with a commit. */
export interface CommitContext {
  readonly author: Author;
  /** Committed together with it. */
  readonly alongside: readonly Write[];
}

/** What a store of deployments works with. */
export interface DeploymentStoreOptions {
  readonly store: Store;
  readonly configuration: Configuration;
  readonly config: EnvironmentConfig;
  /** Those who are to be told of an event, as writes. */
  readonly notices: (event: DeploymentEvent, deployment: Deployment) => readonly Write[];
}

/** More can not run, or wait, at once: those beyond would be seen by nobody. */
export const mostOpen = 1000;

/**
 * Keeps deployments, their events and the routes that they divide in step: a transition and all it means are one commit.
 * Methods reject with the store's errors; with a ConflictError when somebody else was faster.
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
  async open(): Promise<readonly StoredDeployment[]> {
    const query = { where: { isOpen: true }, orderBy: 'createdAt', limit: mostOpen };
    const { items } = await this.#options.store.find(deployments, query);
    return items.map((item) => readStored(item));
  }

  /** Plain changes that nodes have yet to run, the oldest first. */
  async settling(): Promise<readonly StoredDeployment[]> {
    const query = { where: { isOpen: false, status: 'InProgress' }, orderBy: 'createdAt', limit: mostOpen };
    const { items } = await this.#options.store.find(deployments, query);
    return items.map((item) => readStored(item));
  }

  /** Writes what became of deployments, and makes their routes as they have to be then. Resolves with what was written. */
  async commit(changes: readonly Change[], { author, alongside }: CommitContext): Promise<readonly Deployment[]> {
    const written = changes.map((change) => changeWrites(change, this.#options.notices));
    const writes = [...written.flatMap((one) => one.writes), ...alongside];
    const touching = written.filter(({ deployment }) => deployment.startedAt !== undefined && !deployment.isPlain);
    if (touching.length === 0) {
      await this.#options.store.commit(writes);
      return written.map(({ deployment }) => deployment);
    }
    const plan: Parameters<Configuration['deploy']>[0] = (route) => {
      // What one gives up, a later one may take: the last word counts.
      const wanted = touching.flatMap(({ deployment }) => desiredRoutes(deployment, route));
      refuseTaken(wanted, route, new Set(written.map(({ deployment }) => deployment.deploymentId)));
      for (const change of changes) this.#requireStartable(change, route);
      return [...new Map(wanted.map((one) => [one.routeId, one])).values()];
    };
    await this.#options.configuration.deploy(plan, { author, reason: reasonOf(written), alongside: () => writes });
    return written.map(({ deployment }) => deployment);
  }

  /**
   * Between the request and the beginning, which may be days, routes may have been changed, or come under other rules. What
   * runs already may have lost its routes to somebody who does not ask, such as a file.
   */
  #requireStartable({ before, transition: { deployment } }: Change, route: (id: string) => Entity | undefined): void {
    if (deployment.startedAt === undefined || (hasEnded(deployment) && deployment.status !== 'Completed')) return;
    if (before?.deployment.startedAt !== undefined) return requireOurs(deployment, route);
    const changed = changedSince(deployment, this.#options.configuration);
    if (changed === undefined) return this.#requireAllowed(deployment, route);
    // Whoever was faster by a moment only is looked at anew.
    if (before === undefined) {
      throw new ConflictError({ collection: deployments.name, id: deployment.deploymentId }, 'version');
    }
    throw new ConfigurationConflictError(`${changed} since it was asked for`);
  }

  /** What it waited for may have changed what it can be compared with; the operator, what needs an approval. */
  #requireAllowed({ routes, settings, approval }: Deployment, route: (id: string) => Entity | undefined): void {
    const { config, configuration } = this.#options;
    const all = (): Document[] => configuration.routes().map(({ document }) => document);
    for (const { routeId, candidate } of routes) {
      const current = route(routeId)?.document;
      const before = current && withoutSplit(current);
      const problems = candidateProblems(candidate, before, settings);
      if (problems.length > 0) throw new ValidationError(problems);
      if (settings.emergency || approval.status === 'Approved') continue;
      const environment = environmentOfChange(
        { entityId: routeId, ...(before && { before }), after: candidate },
        all,
        config,
      );
      if (!isGuarded(environment, config)) continue;
      throw new ConfigurationConflictError(
        `route ${routeId} is part of ${environment} now, where another person approves changes: deploy it anew`,
      );
    }
  }
}

/** While a deployment runs, its routes say so; otherwise they were changed behind its back, and are not put back. */
function requireOurs({ deploymentId, routes, strategy }: Deployment, route: (id: string) => Entity | undefined): void {
  // It is written once, and then let be: see `desiredRoutes`.
  if (strategy === 'Direct') return;
  const lost = routes.find(({ routeId }) => splitIn(route(routeId)?.document)?.['deploymentId'] !== deploymentId);
  if (lost === undefined) return;
  throw new ConfigurationConflictError(`route ${lost.routeId} was changed while it was being deployed`);
}

/** A deployment that began in between is not run over: whoever wanted the route looks again, and sees it. */
function refuseTaken(
  wanted: readonly DeployedDocument[],
  route: (id: string) => Entity | undefined,
  ours: ReadonlySet<string>,
): void {
  for (const { routeId } of wanted) {
    const holder = splitIn(route(routeId)?.document)?.['deploymentId'];
    if (typeof holder === 'string' && !ours.has(holder))
      throw new ConflictError({ collection: deployments.name, id: holder }, 'version');
  }
}

/** The writes of one change, and the deployment as it is written. */
export function changeWrites(
  { before, transition }: Change,
  notices: DeploymentStoreOptions['notices'],
): { readonly deployment: Deployment; readonly writes: readonly Write[] } {
  const { eventCount } = transition.deployment;
  const deployment: Deployment = { ...transition.deployment, eventCount: eventCount + transition.events.length };
  const events = transition.events.map((draft, index) => eventOf(deployment, draft, eventCount + index + 1));
  return {
    deployment,
    writes: [
      deploymentWrite(deployment, before?.version ?? 'absent'),
      ...(before?.deployment.status === deployment.status ? [] : routeWrites(deployment)),
      ...events.map((event) => eventWrite(event)),
      ...events.flatMap((event) => notices(event, deployment)),
    ],
  };
}

function readStored({ version, body }: Stored<DeploymentBody>): StoredDeployment {
  return { version, deployment: deploymentIn(body) };
}

function deploymentWrite(deployment: Deployment, expect: number | 'absent'): Write {
  const { deploymentId, status, environment, routes, strategy, createdAt, completedAt } = deployment;
  const body: DeploymentBody = {
    status,
    isOpen: !hasEnded(deployment) && deployment.isPlain !== true,
    environment,
    routeId: routes[0].routeId,
    strategy,
    createdAt,
    ...(completedAt !== undefined && { completedAt }),
    deployment: deployment as unknown as Body,
  };
  return { kind: 'put', collection: deployments, id: deploymentId, body, expect };
}

/** Under each of its routes, with what lists are asked for. */
function routeWrites({ deploymentId, routes, status, environment, createdAt }: Deployment): Write[] {
  return routes.map(({ routeId }) => ({
    kind: 'put',
    collection: deploymentRoutes,
    id: routeEntryId(routeId, deploymentId),
    body: { routeId, deploymentId, status, environment, createdAt },
    expect: 'any',
  }));
}

/** Names of routes hold no `~`, so no two pairs make the same id. */
export function routeEntryId(routeId: string, deploymentId: string): string {
  return `${routeId}~${deploymentId}`;
}

function eventOf(deployment: Deployment, { kind, by, text }: EventDraft, sequence: number): DeploymentEvent {
  const { deploymentId, status, currentPhaseIndex, percentage, verdict, updatedAt } = deployment;
  const tellsWhy = ['verdict', 'asked', 'rolledBack', 'phaseStarted', 'completed'].includes(kind);
  return {
    deploymentId,
    sequence,
    at: updatedAt,
    kind,
    by,
    text,
    status,
    phaseIndex: currentPhaseIndex,
    percentage,
    ...(tellsWhy && verdict !== undefined && { verdict }),
  };
}

function eventWrite(event: DeploymentEvent): Write {
  const { deploymentId, sequence, at, kind } = event;
  const body = { deploymentId, sequence, at, kind, event: event as unknown as Body };
  return { kind: 'put', collection: deploymentEvents, id: `${deploymentId}~${sequence}`, body, expect: 'absent' };
}

/** Why the configuration changes: what happened last to the deployment that has the last word. */
function reasonOf(written: readonly { readonly deployment: Deployment; readonly writes: readonly Write[] }[]): string {
  const last = written.at(-1)!;
  const texts = last.writes.flatMap((write) =>
    write.kind === 'put' && write.collection.name === deploymentEvents.name
      ? [(write.body as { event: DeploymentEvent }).event.text]
      : [],
  );
  return `deployment ${last.deployment.deploymentId}: ${texts.at(-1) ?? 'goes on'}`.slice(0, 500);
}
