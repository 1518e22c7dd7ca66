import type { OperationId } from '@sluice/model/api';
import { StoreUnavailableError } from '../../store/index.ts';
import type { Handlers } from '../call.ts';
import { backendFigures, breakerFigures, busiestBackends, latencyFigures, loadFigures } from '../present-figures.ts';
import type { Services } from '../services.ts';

type Ids = Extract<OperationId, 'getHealth' | 'getMetrics'>;

export function healthHandlers({ configuration, registry, leader, version, clock }: Services): Handlers<Ids> {
  const now = (): string => new Date(clock()).toISOString();
  return {
    async getHealth() {
      const store = (await isReachable(configuration)) ? 'up' : 'down';
      const { revision } = configuration;
      const status = store === 'up' ? 'healthy' : 'degraded';
      const { total, healthy } = backendFigures(configuration, registry);
      return {
        body: {
          status,
          ready: store === 'up',
          version,
          revision,
          store,
          // Everybody may read this, so it has numbers and no names.
          routesConfigured: configuration.routes().length,
          backendsTotal: total,
          backendsHealthy: healthy,
          activeConnections: loadFigures(registry).activeConnections,
          ...(leader && { leading: leader.leading }),
          timestamp: now(),
        },
      };
    },
    async getMetrics() {
      await configuration.refresh();
      const { revision, lineage } = configuration;
      const nodes = registry.nodes(revision, lineage);
      const backends = backendFigures(configuration, registry);
      return {
        body: {
          timestamp: now(),
          revision,
          converged: registry.converged(revision, lineage),
          nodes: nodeFigures(nodes),
          configuration: { routes: configuration.routes().length, backends: backends.total },
          load: loadFigures(registry),
          latency: latencyFigures(registry),
          circuitBreakers: breakerFigures(configuration, registry),
          backends: { ...backends, busiest: busiestBackends(configuration, registry) },
          ...registry.totals(),
        },
      };
    },
  };
}

function nodeFigures(nodes: ReturnType<Services['registry']['nodes']>): {
  live: number;
  total: number;
  withoutRedis: number;
} {
  const live = nodes.filter((node) => node.live);
  const withoutRedis = live.filter(({ redisAway }) => redisAway !== undefined).length;
  return { live: live.length, total: nodes.length, withoutRedis };
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
