import type { OperationId } from '@sluice/model/api';
import { StoreUnavailableError } from '../../store/index.ts';
import type { Handlers } from '../call.ts';
import type { Services } from '../services.ts';

type Ids = Extract<OperationId, 'getHealth' | 'getMetrics'>;

export function healthHandlers({ configuration, registry, leader, version, clock }: Services): Handlers<Ids> {
  const now = (): string => new Date(clock()).toISOString();
  return {
    async getHealth() {
      const store = (await isReachable(configuration)) ? 'up' : 'down';
      const { revision } = configuration;
      const status = store === 'up' ? 'healthy' : 'degraded';
      return {
        body: {
          status,
          ready: store === 'up',
          version,
          revision,
          store,
          ...(leader && { leading: leader.leading }),
          timestamp: now(),
        },
      };
    },
    async getMetrics() {
      await configuration.refresh();
      const { revision, lineage } = configuration;
      const nodes = registry.nodes(revision, lineage);
      const live = nodes.filter((node) => node.live).map(({ load }) => load);
      const sum = (pick: (load: (typeof live)[number]) => number): number =>
        live.reduce((total, load) => total + pick(load), 0);
      const routes = configuration.routes();
      return {
        body: {
          timestamp: now(),
          revision,
          converged: registry.converged(revision, lineage),
          nodes: { live: live.length, total: nodes.length },
          configuration: { routes: routes.length, backends: configuration.backends({ offset: 0, limit: 0 }).total },
          load: {
            requestsPerSecond: sum((load) => load.requestsPerSecond),
            activeRequests: sum((load) => load.activeRequests),
            activeConnections: sum((load) => load.activeConnections),
            cpu: sum((load) => load.cpu),
            memoryBytes: sum((load) => load.memoryBytes),
          },
          ...registry.totals(),
        },
      };
    },
  };
}

async function isReachable(configuration: Services['configuration']): Promise<boolean> {
  try {
    await configuration.refresh();
    return true;
  } catch (error) {
    if (error instanceof StoreUnavailableError) return false;
    throw error;
  }
}
