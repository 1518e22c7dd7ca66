import type { DeliveryConfig } from '@sluice/model';
import type { Logger } from '@sluice/service';
import { messageOf } from '@sluice/service';
import { deploymentIn, deployments } from '../deployment/index.ts';
import { StoreUnavailableError } from '../store/index.ts';
import type { Store } from '../store/index.ts';
import type { DeliveryFigures } from './delivery-figures.ts';
import { DeliveryHistory } from './delivery-history.ts';
import { deliveryMetrics } from './delivery-metrics.ts';
import type { EndedDeployment } from './ended-deployment.ts';
import { summarize } from './summarize.ts';

/** Tells how well changes are delivered. */
export interface Delivery {
  /** Over the last days, up to now; of one route, or of all. Rejects with the errors of the store. */
  figures(scope: {
    readonly routeId?: string | undefined;
    readonly days?: number | undefined;
  }): Promise<DeliveryFigures>;
  /** Prometheus text of 30 days, at most a minute old while somebody asks. Never waits: NaN before they are known. */
  metrics(): string;
}

/** What figures are taken from. */
export interface DeliveryOptions {
  readonly store: Store;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly config: Pick<DeliveryConfig, 'reworkWithin'>;
  readonly log: Pick<Logger, 'warn'>;
}

const dayMs = 86_400_000;
const metricDays = 30;
const refreshMs = 60_000;

/** Makes the figures; nothing is read before somebody asks. */
export function createDelivery({ store, clock, config, log }: DeliveryOptions): Delivery {
  const history = new DeliveryHistory({ store, clock });
  let latest: DeliveryFigures | undefined;
  let refreshedAt = -Infinity;

  const figures: Delivery['figures'] = async ({ routeId, days = metricDays }) => {
    const until = clock();
    const scope = { from: until - days * dayMs, until, reworkWithin: config.reworkWithin };
    const all = await history.since(scope.from - config.reworkWithin);
    const mine = routeId === undefined ? all : all.filter((one) => isOf(one, routeId));
    return {
      from: new Date(scope.from).toISOString(),
      until: new Date(until).toISOString(),
      days,
      open: await countOpen(store, routeId),
      overall: summarize(mine, scope),
      routes: [...byRoute(mine)]
        .filter(([id]) => routeId === undefined || id === routeId)
        .map(([id, { name, ended }]) => ({ routeId: id, name, ...summarize(ended, scope) }))
        .filter(({ completed, rolledBack, failed, cancelled }) => completed + rolledBack + failed + cancelled > 0)
        .toSorted((a, b) => (a.routeId < b.routeId ? -1 : 1)),
    };
  };

  const refresh = async (): Promise<void> => {
    try {
      latest = await figures({});
    } catch (error) {
      // The last ones stay. A store that is away is told of elsewhere.
      if (!(error instanceof StoreUnavailableError))
        log.warn('the delivery figures cannot be computed', {
          reason: messageOf(error),
        });
    }
  };

  return {
    figures,
    metrics() {
      if (clock() - refreshedAt >= refreshMs) {
        refreshedAt = clock();
        void refresh();
      }
      return deliveryMetrics(latest);
    },
  };
}

function isOf({ routes }: EndedDeployment, routeId: string): boolean {
  return routes.some((route) => route.routeId === routeId);
}

/** Each with the name that it had last. */
function byRoute(
  all: readonly EndedDeployment[],
): ReadonlyMap<string, { readonly name: string; readonly ended: readonly EndedDeployment[] }> {
  const routes = new Map<string, { name: string; ended: EndedDeployment[] }>();
  for (const deployment of all.toSorted((a, b) => a.endedAt - b.endedAt)) {
    for (const { routeId, name } of deployment.routes) {
      const route = routes.get(routeId) ?? { name, ended: [] };
      route.name = name;
      route.ended.push(deployment);
      routes.set(routeId, route);
    }
  }
  return routes;
}

async function countOpen(store: Store, routeId: string | undefined): Promise<number> {
  const where = { isOpen: true };
  if (routeId === undefined) return (await store.find(deployments, { where, limit: 1 })).total;
  const { items } = await store.find(deployments, { where, limit: 1000 });
  return items.filter(({ body }) => deploymentIn(body).routes.some((route) => route.routeId === routeId)).length;
}
