import type { DeploymentsConfig } from '@sluice/model';
import type { Logger, MetricWriter } from '@sluice/service';
import { deploymentIn, deployments } from '../deployment/index.ts';
import { attempt } from '../store/index.ts';
import type { Store } from '../store/index.ts';
import type { DoraFigures } from './dora-figures.ts';
import { writeDeliveryMetrics } from './delivery-metrics.ts';
import type { MeasuredDelivery } from './delivery-metrics.ts';
import type { EndedDeployment } from './ended-deployment.ts';
import { EndedDeployments } from './ended-deployments.ts';
import { summarize } from './summarize.ts';

export interface DoraOptions {
  readonly store: Store;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly config: Pick<DeploymentsConfig, 'reworkWithin'>;
  readonly log: Pick<Logger, 'warn'>;
}

const dayMs = 86_400_000;
const metricDays = 30;
const refreshMs = 60_000;

/** Computes how well changes are delivered, from the deployments that have ended. */
export class Dora {
  readonly #options: DoraOptions;
  readonly #history: EndedDeployments;
  #latest: Partial<MeasuredDelivery> = {};
  #refreshedAt = -Infinity;

  constructor(options: DoraOptions) {
    this.#options = options;
    this.#history = new EndedDeployments(options);
  }

  /** The figures of the last days, of one route or of all. Rejects with the errors of the store. */
  async figures({
    routeId,
    days = metricDays,
  }: {
    readonly routeId?: string | undefined;
    readonly days?: number | undefined;
  }): Promise<DoraFigures> {
    const { clock, config, store } = this.#options;
    const until = clock();
    const scope = { from: until - days * dayMs, until, reworkWithin: config.reworkWithin };
    const all = await this.#history.since(scope.from - config.reworkWithin);
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
  }

  /** Writes the figures of the last 30 days, as they are known, and computes them anew when they are more than a minute old. */
  writeMetrics(to: MetricWriter): void {
    const now = this.#options.clock();
    if (now - this.#refreshedAt >= refreshMs) {
      this.#refreshedAt = now;
      // The old figures stay when it fails.
      void attempt(this.#options.log, 'the delivery figures cannot be computed', () => this.#refresh());
    }
    writeDeliveryMetrics(to, this.#latest);
  }

  async #refresh(): Promise<void> {
    const figures = await this.figures({});
    this.#latest = { figures, awaitingPerson: await countAwaitingPerson(this.#options.store) };
  }
}

function isOf({ routes }: EndedDeployment, routeId: string): boolean {
  return routes.some((route) => route.routeId === routeId);
}

/** Each route with its latest name. */
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

async function countAwaitingPerson(store: Store): Promise<number> {
  const counts = (['AwaitingApproval', 'Paused'] as const).map(
    async (status) => (await store.find(deployments, { where: { isOpen: true, status }, limit: 1 })).total,
  );
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}
