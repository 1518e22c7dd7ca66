import type { RouteDocument } from '@sluice/model';
import { ConfigurationConflictError, ValidationError, withoutSplit } from '../configuration/index.ts';
import type { Configuration, DeployedDocument, Entity } from '../configuration/index.ts';
import { ConflictError } from '../store/index.ts';
import { deployments } from './collections.ts';
import type { Deployment } from './deployment.ts';
import { hasEnded } from './deployment.ts';
import { environmentOfChange, isGuarded } from './environment.ts';
import type { EnvironmentConfig } from './environment.ts';
import { candidateProblems } from './request-problems.ts';
import { changedSinceReview } from './reviewed.ts';
import type { Change } from './stored-deployment.ts';

/** What is checked when routes are written. */
export interface StartCheckContext {
  /** The route as it is at that moment. */
  readonly route: (id: string) => Entity<'route'> | undefined;
  readonly configuration: Configuration;
  readonly config: EnvironmentConfig;
}

/**
 * Refuses a change whose routes are not what they were. Days may pass between the request and the start, in which routes
 * change or come under other rules; and a file may change routes while they are being deployed.
 */
export function requireStartable({ before, transition: { deployment } }: Change, context: StartCheckContext): void {
  if (deployment.startedAt === undefined || (hasEnded(deployment) && deployment.status !== 'Completed')) return;
  if (before?.deployment.startedAt !== undefined) return requireOurs(deployment, context);
  const changed = changedSinceReview(deployment, context.configuration);
  if (changed === undefined) return requireAllowed(deployment, context);
  // The route changed while the deployment was being created: it is read again.
  if (before === undefined) throw conflictWith(deployment.deploymentId);
  throw new ConfigurationConflictError(`${changed} since it was requested`);
}

/** Refuses routes that another deployment holds by now. */
export function refuseTaken(
  wanted: readonly DeployedDocument[],
  route: (id: string) => Entity<'route'> | undefined,
  ours: ReadonlySet<string>,
): void {
  for (const { routeId } of wanted) {
    const holder = route(routeId)?.document.split?.deploymentId;
    if (typeof holder === 'string' && !ours.has(holder)) throw conflictWith(holder);
  }
}

function conflictWith(deploymentId: string): ConflictError {
  return new ConflictError({ collection: deployments.name, id: deploymentId }, 'version');
}

/** While a deployment runs, its routes have its split. A Direct one writes its routes once, and none has a split. */
function requireOurs({ deploymentId, routes, strategy }: Deployment, { route }: StartCheckContext): void {
  if (strategy === 'Direct') return;
  const lost = routes.find(({ routeId }) => route(routeId)?.document.split?.deploymentId !== deploymentId);
  if (lost === undefined) return;
  throw new ConfigurationConflictError(`route ${lost.routeId} was changed while it was being deployed`);
}

/** The routes may differ more than they did from what serves, and the environment may need an approval by now. */
function requireAllowed(
  { routes, settings, approval, author }: Deployment,
  { route, configuration, config }: StartCheckContext,
): void {
  const all = (): RouteDocument[] => configuration.routes().map(({ document }) => document);
  for (const { routeId, candidate } of routes) {
    const current = route(routeId)?.document;
    const before = current && withoutSplit(current);
    const problems = candidateProblems(candidate, before, settings);
    if (problems.length > 0) throw new ValidationError(problems);
    // Whoever can write the file decides about everything, approvals included.
    if (settings.emergency || approval.status === 'Approved' || author.kind === 'file') continue;
    const change = { entityId: routeId, ...(before && { before }), after: candidate };
    const environment = environmentOfChange(change, all, config);
    if (!isGuarded(environment, config)) continue;
    throw new ConfigurationConflictError(
      `route ${routeId} is part of ${environment} now, where another person approves changes: deploy it again`,
    );
  }
}
