import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { withoutSplit } from '../configuration/index.ts';
import type { Configuration, Document } from '../configuration/index.ts';
import { rivalsOf } from './blocked-by.ts';
import type { StoredDeployment } from './deployment-store.ts';
import type { DeployedRoute, Deployment, LookedAt } from './deployment.ts';

/** What is looked at now. */
type Live = Pick<Configuration, 'route' | 'backend'>;

/** Notes beside the routes of a new deployment what they are compared with. */
export function withLookedAt(
  routes: readonly (DeployedRoute & { readonly stable: Document | undefined })[],
  { open, waits, live }: { readonly open: readonly StoredDeployment[]; readonly waits: boolean; readonly live: Live },
): readonly DeployedRoute[] {
  const rivals = waits ? rivalsOf({ deploymentId: '', routes }, open) : [];
  return routes.map(({ stable, ...route }) => {
    const ahead = rivals.flatMap(({ deployment }) =>
      deployment.routes.filter(({ routeId }) => routeId === route.routeId),
    );
    const lookedAt: LookedAt = {
      ...(stable && { base: stable }),
      ahead: ahead.map(({ candidate }) => digestOf(candidate)),
      backends: backendsOf(route.candidate, live),
    };
    return { ...route, lookedAt };
  });
}

/** What is no longer as it was when a deployment that has not begun was asked for, in words; undefined when all of it is. */
export function changedSince({ routes }: Pick<Deployment, 'routes'>, live: Live): string | undefined {
  for (const { routeId, candidate, lookedAt } of routes) {
    if (lookedAt === undefined) return `what served of route ${routeId} then is not known`;
    const current = live.route(routeId);
    const document = current && withoutSplit(current.document);
    const { base, ahead, backends } = lookedAt;
    if (!isDeepStrictEqual(document, base) && !ahead.includes(digestOf(document))) {
      return current === undefined
        ? `route ${routeId} is gone`
        : `route ${routeId} was changed by revision ${current.revision}`;
    }
    const now = backendsOf(candidate, live);
    const other = Object.keys({ ...backends, ...now }).find((id) => backends[id] !== now[id]);
    if (other !== undefined) return `backend ${other}, which the new version of route ${routeId} uses, was changed`;
  }
  return undefined;
}

function backendsOf(candidate: Document, live: Live): LookedAt['backends'] {
  const items = (candidate['backends'] ?? []) as readonly Document[];
  const ids = items.flatMap((item) => (item['url'] === undefined ? [item['backendId'] as string] : []));
  return Object.fromEntries(ids.map((id) => [id, digestOf(live.backend(id)?.document)]));
}

function digestOf(document: Document | undefined): string {
  return createHash('sha256')
    .update(JSON.stringify(document, inOrder) ?? '')
    .digest('base64url');
}

/** Stores do not keep the order of keys. */
function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
