import type { DeploymentSettings } from '@sluice/model';
import type { Author } from '../configuration/index.ts';
import type { DeployedRoute, Deployment } from './deployment.ts';
import { isGuarded } from './environment.ts';
import { planPhases } from './plan-phases.ts';
import { draft, namesOf } from './transition.ts';
import type { EventDraft, Transition } from './transition.ts';

/** What a deployment is made of. */
export interface DeploymentParts {
  readonly deploymentId: string;
  readonly probeToken: string;
  readonly routes: readonly DeployedRoute[];
  readonly settings: DeploymentSettings;
  readonly author: Author;
  /** Where its routes are. */
  readonly environment: string;
  /** Environments in which another person approves deployments. */
  readonly approvalFor: readonly string[];
  /** ISO 8601. */
  readonly at: string;
}

/** How many characters of a route's id the id of a deployment begins with. */
const longestPrefix = 40;

/** The id of a deployment: that of its first route, for people, and something unique. */
export function deploymentIdOf([{ routeId }]: readonly DeployedRoute[], unique: string): string {
  return `${routeId.slice(0, longestPrefix)}-${unique}`;
}

/** A new deployment, which has not started yet. */
export function planDeployment(parts: DeploymentParts): Transition {
  const { deploymentId, probeToken, routes, author, environment, approvalFor, at } = parts;
  const settings = { ...parts.settings, environment };
  const { strategy, reason, emergency } = settings;
  const needsApproval = isGuarded(environment, { approvalFor }) && !emergency;
  const deployment: Deployment = {
    deploymentId,
    probeToken,
    routes,
    strategy,
    environment,
    ...(reason !== undefined && { reason }),
    author,
    settings,
    status: needsApproval ? 'AwaitingApproval' : 'Pending',
    approval: { status: needsApproval ? 'Pending' : 'NotRequired' },
    ...(needsApproval && { waitingFor: `approval for ${environment}` }),
    phases: planPhases(settings),
    currentPhaseIndex: -1,
    percentage: 0,
    epoch: 0,
    eventCount: 0,
    createdAt: at,
    updatedAt: at,
  };
  const cause = { at, by: author.name };
  const how = emergency ? ' as an emergency: it waits for no approval and no freeze' : '';
  const events: EventDraft[] = [draft('created', cause, `Created: ${namesOf({ routes })}, to ${environment}${how}.`)];
  if (needsApproval) {
    events.push(draft('approvalRequested', cause, `Waits for approval by another person than ${author.name}.`));
  }
  return { deployment, events };
}
