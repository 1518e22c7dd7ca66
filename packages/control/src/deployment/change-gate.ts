import type { DeploymentsConfig } from '@sluice/model';
import { ConfigurationConflictError } from '../configuration/index.ts';
import type { ChangeGate, GatedChange } from '../configuration/index.ts';
import type { Store } from '../store/index.ts';
import { environmentOf, environmentOfChange, isGuarded } from './environment.ts';
import type { EnvironmentConfig } from './environment.ts';
import { freezeNow, readLine } from './line.ts';

export interface ChangeGateOptions {
  readonly store: Store;
  readonly config: EnvironmentConfig & Pick<DeploymentsConfig, 'freeze'>;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

const endOf = { stopped: 'wait until it is freed (sluice line free)', scheduled: 'wait for its end' };
const wayOut = 'or make it an emergency, which Admins may do: emergency=true and a reason';

/** Refuses plain changes where a deployment would have to wait: in a freeze, or for an approval. */
export function createChangeGate({ store, config, clock }: ChangeGateOptions): ChangeGate {
  return async (change) => {
    const { freeze, check } = freezeNow(config, await readLine(store), clock);
    if (freeze !== undefined) throw refused(`${freeze.reason} Nothing goes live: ${endOf[freeze.kind]}`);
    refuseUnderDeployment(change);
    refuseUnapproved(change, config);
    return [check];
  };
}

/** A change of a shared backend would change what a deployment compares, or what was approved. */
function refuseUnderDeployment({ changes, routesUsing }: GatedChange): void {
  for (const { entityType, entityId } of changes) {
    if (entityType !== 'backend') continue;
    const deploymentId = routesUsing(entityId)
      .map((route) => route.split?.deploymentId)
      .find(Boolean);
    if (deploymentId === undefined) continue;
    throw refused(
      `backend ${entityId} is used by a route that ${deploymentId} deploys: wait until it ends, or roll it back`,
    );
  }
}

/** A change that needs an approval has to be a deployment, which can wait for it. */
function refuseUnapproved({ changes, routes, routesUsing }: GatedChange, config: EnvironmentConfig): void {
  for (const change of changes) {
    const { entityType, entityId, after } = change;
    const environments =
      entityType === 'route'
        ? [environmentOfChange(change, routes, config)]
        : routesUsing(entityId).map((route) => environmentOf(route, config));
    const guarded = environments.find((environment) => isGuarded(environment, config));
    if (guarded === undefined) continue;
    const needs = `${entityType} ${entityId} is part of ${guarded}, where another person approves changes`;
    throw refused(`${needs}: ${regularWay(entityType, after === undefined)}`);
  }
}

function regularWay(entityType: 'route' | 'backend', isRemoval: boolean): string {
  if (entityType === 'backend') return 'make another backend, and deploy the routes with that one (sluice deploy)';
  return isRemoval ? 'deploy the route with isEnabled: false instead (sluice deploy)' : 'deploy it (sluice deploy)';
}

function refused(why: string): ConfigurationConflictError {
  return new ConfigurationConflictError(`${why}, ${wayOut}`);
}
