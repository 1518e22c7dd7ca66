import { deploymentSettings } from '@sluice/model';
import type { Author, Outcome } from '../configuration/index.ts';
import type { Write } from '../store/index.ts';
import { changeWrites } from './deployment-store.ts';
import type { Deployment } from './deployment.ts';
import type { DeploymentEvent } from './deployments.ts';
import { environmentOf } from './environment.ts';
import type { EnvironmentConfig } from './environment.ts';
import { deploymentIdOf } from './plan-deployment.ts';
import { planPhases } from './plan-phases.ts';
import { complete, draft } from './transition.ts';

/** A change of routes without steps. */
export interface PlainChange {
  readonly outcome: Outcome;
  readonly author: Author;
  readonly reason?: string | undefined;
  readonly emergency?: boolean | undefined;
}

/** What a plain change is recorded with. */
export interface PlainContext {
  readonly notices: (event: DeploymentEvent, deployment: Deployment) => readonly Write[];
  readonly random: { id(): string; token(): string };
  readonly config: EnvironmentConfig;
  /** Some node is live, and will say whether it runs the change. */
  readonly hasNodes: boolean;
  /** ISO 8601. */
  readonly at: string;
}

const usual = deploymentSettings.parse({ strategy: 'Direct' });

/**
 * The writes that record a plain change of routes as a deployment of one step, which is over once every live node runs it;
 * none when a route went.
 */
export function plainDeployment(
  { outcome, author, reason, emergency = false }: PlainChange,
  { notices, random, config, hasNodes, at }: PlainContext,
): readonly Write[] {
  const routes = outcome.changes.flatMap(({ entityType, entityId, before, after }) => {
    if (entityType !== 'route' || after === undefined) return [];
    const stableVersion = before?.['version'] as string | undefined;
    const configVersion = after['version'] as string;
    return [{ routeId: entityId, configVersion, candidate: after, ...(before && { stableVersion }) }];
  });
  if (routes.length === 0) return [];
  const environment = environmentOf(routes[0].candidate, config);
  const settings = { ...usual, environment, emergency };
  const deploymentId = deploymentIdOf(routes, random.id());
  const [phase] = planPhases(usual);
  const begun: Deployment = {
    deploymentId,
    probeToken: random.token(),
    routes,
    strategy: 'Direct',
    environment,
    ...(reason !== undefined && { reason }),
    author,
    settings,
    status: 'InProgress',
    approval: { status: 'NotRequired' },
    phases: [{ ...phase, status: 'InProgress', startedAt: at }],
    currentPhaseIndex: 0,
    step: { kind: 'settling', revision: outcome.revision - 1 },
    percentage: 100,
    epoch: 0,
    eventCount: 0,
    createdAt: at,
    updatedAt: at,
    startedAt: at,
    isPlain: true,
  };
  const text = `Changed directly by ${author.name}: ${routes.map(({ routeId }) => routeId).join(', ')}.`;
  const cause = { at, by: author.name };
  const transition = hasNodes
    ? { deployment: begun, events: [draft('started', cause, text)] }
    : { deployment: complete(begun, cause).deployment, events: [draft('completed', cause, text)] };
  return changeWrites({ before: undefined, transition }, notices).writes;
}
