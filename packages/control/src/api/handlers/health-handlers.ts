import type { OperationId } from '@sluice/model/api';
import { openDependency } from '@sluice/service';
import { StoreUnavailableError } from '../../store/index.ts';
import type { Handlers } from '../call.ts';
import { backendFigures, breakerFigures, busiestBackends, latencyFigures, loadFigures } from '../present-figures.ts';
import type { Services } from '../services.ts';

type Ids = Extract<OperationId, 'getHealth' | 'getMetrics'>;

export function healthHandlers(services: Services): Handlers<Ids> {
  const { configuration, registry, leader, version, clock, config } = services;
  const now = (): string => new Date(clock()).toISOString();
  return {
    // Everybody may ask, and as often as they like: the answer is what is known, and asks the store nothing.
    getHealth() {
      const dependencies = services.dependencies().map(openDependency);
      const store = dependencies.some(({ name, status }) => name === 'store' && status === 'unhealthy') ? 'down' : 'up';
      if (store === 'down' && config.role === 'control') {
        throw new StoreUnavailableError('the store does not answer, and without it this process serves nothing');
      }
      const { revision } = configuration;
      const status = dependencies.every((one) => one.status === 'healthy') ? 'healthy' : 'degraded';
      const { total, healthy } = backendFigures(configuration, registry);
      return {
        body: {
          status,
          ready: store === 'up',
          version,
          revision,
          store,
          dependencies,
          // Numbers and no names.
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
