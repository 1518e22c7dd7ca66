import { sharedBackendsOf } from '@sluice/model';
import type { BackendDocument, RouteDocument } from '@sluice/model';
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { ConfigurationConflictError, withoutSplit } from '../configuration/index.ts';
import type { Configuration } from '../configuration/index.ts';
import { conflictsOf } from './conflicts.ts';
import type { DeployedRoute, Deployment, Reviewed } from './deployment.ts';
import type { StoredDeployment } from './stored-deployment.ts';

type Live = Pick<Configuration, 'route' | 'sharedBackend'>;

/** Notes with the routes of a new deployment what they are compared with. `waits`: it begins after those it conflicts with. */
export function withReviewed(
  routes: readonly (DeployedRoute & { readonly stable: RouteDocument | undefined })[],
  { open, waits, live }: { readonly open: readonly StoredDeployment[]; readonly waits: boolean; readonly live: Live },
): readonly DeployedRoute[] {
  const conflicts = waits ? conflictsOf({ deploymentId: '', routes }, open) : [];
  return routes.map(({ stable, ...route }) => {
    const ahead = conflicts.flatMap(({ deployment }) =>
      deployment.routes.filter(({ routeId }) => routeId === route.routeId),
    );
    const lookedAt: Reviewed = {
      ...(stable && { base: stable }),
      ahead: ahead.map(({ candidate }) => digestOf(candidate)),
      backends: backendsOf(route.candidate, live),
    };
    return { ...route, lookedAt };
  });
}

/** What has changed since a deployment that has not started was requested; undefined when nothing has. */
export function changedSinceReview({ routes }: Pick<Deployment, 'routes'>, live: Live): string | undefined {
  for (const { routeId, candidate, lookedAt } of routes) {
    if (lookedAt === undefined) return `what served of route ${routeId} then is not known`;
    const current = live.route(routeId);
    const document = current && withoutSplit(current.document);
    const { base, ahead, backends } = lookedAt;
    if (!isDeepStrictEqual(document, base) && !ahead.includes(digestOf(document))) {
      return current === undefined
        ? `route ${routeId} was removed`
        : `route ${routeId} was changed by revision ${current.revision}`;
    }
    const now = backendsOf(candidate, live);
    const other = Object.keys({ ...backends, ...now }).find((id) => backends[id] !== now[id]);
    if (other !== undefined) return `backend ${other}, which the new version of route ${routeId} uses, was changed`;
  }
  return undefined;
}

/** Refuses the approval of a step from something else than what was reviewed. */
export async function requireAsReviewed(deployment: Deployment, configuration: Configuration): Promise<void> {
  const { deploymentId, startedAt, status } = deployment;
  if (startedAt !== undefined || status !== 'AwaitingApproval') return;
  await configuration.refresh();
  const changed = changedSinceReview(deployment, configuration);
  if (changed === undefined) return;
  throw new ConfigurationConflictError(
    `${changed} since ${deploymentId} was requested: compare its base, stable and candidate, reject it and deploy anew`,
  );
}

function backendsOf(candidate: RouteDocument, live: Live): Reviewed['backends'] {
  const ids = sharedBackendsOf(candidate);
  return Object.fromEntries(ids.map((id) => [id, digestOf(live.sharedBackend(id)?.document)]));
}

function digestOf(document: RouteDocument | BackendDocument | undefined): string {
  return createHash('sha256')
    .update(JSON.stringify(document, sortKeys) ?? '')
    .digest('base64url');
}

/** Stores do not keep the order of keys. */
function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
