import { splitConfig } from '@sluice/model';
import type { GatewayConfig, RouteConfig } from '@sluice/model';

/** What a deployment says of a split, as it is kept; the rest has its defaults. */
export type SplitInput = Partial<(typeof splitConfig)['_input']>;

/** A configuration in which the traffic of the routes is divided between them and the same routes of another one. */
export function withSplit(config: GatewayConfig, candidates: GatewayConfig, input: SplitInput = {}): GatewayConfig {
  const settings = splitConfig.parse({ deploymentId: 'd-1', epoch: 1, percentage: 10, ...input });
  const routes = config.routes.map((route): RouteConfig => {
    const candidate = candidates.routes.find(({ name }) => name === route.name);
    return candidate === undefined ? route : { ...route, split: { ...settings, candidate } };
  });
  return { ...config, routes };
}
