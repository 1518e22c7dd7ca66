import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { withoutSplit } from '../configuration/index.ts';
import type { Configuration, Document } from '../configuration/index.ts';
import { conflictsOf } from './conflicts.ts';
import type { DeployedRoute, Deployment, Reviewed } from './deployment.ts';
import type { StoredDeployment } from './stored-deployment.ts';

type Live = Pick<Configuration, 'route' | 'backend'>;

/** Notes with the routes of a new deployment what they are compared with. `waits`: it begins after those it conflicts with. */
export function withReviewed(
  routes: readonly (DeployedRoute & { readonly stable: Document | undefined })[],
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

function backendsOf(candidate: Document, live: Live): Reviewed['backends'] {
  const items = (candidate['backends'] ?? []) as readonly Document[];
  const ids = items.flatMap((item) => (item['url'] === undefined ? [item['backendId'] as string] : []));
  return Object.fromEntries(ids.map((id) => [id, digestOf(live.backend(id)?.document)]));
}

function digestOf(document: Document | undefined): string {
  return createHash('sha256')
    .update(JSON.stringify(document, sortKeys) ?? '')
    .digest('base64url');
}

/** Stores do not keep the order of keys. */
function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
