import type { GatewayConfigInput, RouteDocument, Unchecked } from '@sluice/model';

/** Where the two demo backends of the route listen, e.g. `http://127.0.0.1:9001`. */
export interface DemoUrls {
  readonly stable: string;
  readonly candidate: string;
}

/** The configuration of `sluice start --demo`, beside its routes: nothing is left behind. */
export const demoConfig: GatewayConfigInput = { proxy: { exposeRevision: true }, store: { url: 'memory:' } };

/** The route of the demo: `/test/**` goes to both demo backends, nine requests of ten to `stable`. It belongs to the API. */
export function demoRoute(urls: DemoUrls): Unchecked<RouteDocument> {
  return {
    name: 'test',
    pathPattern: '/test/**',
    strategy: 'WeightedRoundRobin',
    transformations: { request: { rewritePath: '/test/(.*) → /$1' } },
    backends: [
      { name: 'stable', url: urls.stable, weight: 90 },
      { name: 'candidate', url: urls.candidate, weight: 10 },
    ],
  };
}
