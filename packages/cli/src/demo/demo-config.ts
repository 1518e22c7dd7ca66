import type { GatewayConfigInput } from '@sluice/model';

/** Where the two demo backends listen, e.g. `http://127.0.0.1:9001`. */
export interface DemoUrls {
  readonly stable: string;
  readonly candidate: string;
}

/** The configuration of `sluice start --demo`: `/test/**` goes to both demo backends, nine requests of ten to `stable`. */
export function demoConfig(urls: DemoUrls): GatewayConfigInput {
  return {
    proxy: { exposeRevision: true },
    routes: [
      {
        name: 'test',
        pathPattern: '/test/**',
        strategy: 'WeightedRoundRobin',
        transformations: { request: { rewritePath: '/test/(.*) → /$1' } },
        backends: [
          { name: 'stable', url: urls.stable, weight: 90 },
          { name: 'candidate', url: urls.candidate, weight: 10 },
        ],
      },
    ],
  };
}
