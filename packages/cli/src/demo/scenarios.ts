import type { RouteDocument, Unchecked } from '@sluice/model';
import type { DeploymentResource } from '@sluice/model/api';
import type { DemoFile } from '../session/demo-file.ts';

/** The route of the demonstrations; its name is its id. */
export const demoRouteId = 'demo';

/** A demonstration. */
export interface Scenario {
  readonly name: string;
  /** The backend of the new version. */
  readonly backend: 'stable' | 'candidate' | 'bad';
  /** What else is new in the route. */
  readonly change?: Pick<Unchecked<RouteDocument>, 'rateLimit'>;
  readonly version: string;
  /** How it should end. */
  readonly expected: DeploymentResource['status'];
  /** What will happen, in a line. */
  readonly about: string;
}

/** All demonstrations of `sluice demo`. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'canary',
    backend: 'candidate',
    version: '1.1',
    expected: 'Completed',
    about: 'a good version 1.1: testers first, then 1, 10, 50 and 100 % of the users',
  },
  {
    name: 'bad-canary',
    backend: 'bad',
    version: '1.2',
    expected: 'RolledBack',
    about: 'a version 1.2 that fails 8 of 100 requests, and is slower',
  },
  {
    name: 'tight-limit',
    backend: 'stable',
    change: { rateLimit: { type: 'TokenBucket', requests: 60, window: '1m', burst: 10, keyBy: 'Route' } },
    version: '1.3',
    expected: 'RolledBack',
    about: 'a version 1.3 that has a limit, and the limit is too tight',
  },
];

/** The route as it is at the beginning, or with the version of a scenario. */
export function demoRouteVersion(demo: DemoFile, scenario?: Scenario): Unchecked<RouteDocument> {
  return {
    name: demoRouteId,
    version: scenario?.version ?? '1.0',
    pathPattern: '/demo/**',
    transformations: { request: { rewritePath: '/demo/(.*) → /$1' } },
    ...scenario?.change,
    backends: [{ name: 'backend', url: scenario === undefined ? demo.stable : demo[scenario.backend] }],
  };
}

/** The deployment takes seconds instead of minutes, so that somebody can watch. */
export function demoSettings({ about }: Scenario) {
  return {
    strategy: 'Canary',
    environment: 'Development',
    reason: `Demo: ${about}`,
    testers: [{ header: 'x-tester', value: '*' }],
    sticky: { by: 'header', name: 'x-user' },
    // A busy machine makes latencies noisy, so only twice the latency counts here.
    analysis: {
      interval: '500ms',
      window: '10s',
      minRequests: 50,
      p99IncreasePercent: 100,
      maxWait: '30s',
      maxExtension: '2m',
    },
    phases: [
      { name: 'testers', trafficPercentage: 0, duration: '5s' },
      { trafficPercentage: 1, duration: '6s' },
      { trafficPercentage: 10, duration: '7s' },
      { trafficPercentage: 50, duration: '7s' },
      { trafficPercentage: 100, duration: '4s' },
    ],
  } as const;
}
