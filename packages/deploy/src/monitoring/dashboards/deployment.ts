import {
  aggregate,
  bucketIncreases,
  combine,
  controlMetrics,
  current,
  deliveryMetrics,
  processMetrics,
  quantile,
  rate,
  total,
  versionMetrics,
} from '@sluice/model/metrics';
import { thresholds } from '../thresholds.ts';
import { chosen, ofJob, shareOf, window } from './chosen.ts';
import { dashboard } from './dashboard.ts';
import type { GrafanaDashboard } from './grafana-model.ts';
import type { Row } from './layout.ts';
import { heatmap, stat, timeSeries, yesNo } from './panel/index.ts';
import { instances, jobs } from './processes.ts';
import { quantileLines } from './traffic-panels.ts';
import { anyOf, oneOf } from './variables.ts';

const { requests, failures, duration, splitPercentage } = versionMetrics;

const ofRoute = { ...chosen, route: '$route' } as const;
/** Grafana repeats the panel for each version, so it is one version in each of them. */
const ofVersion = { ...ofRoute, version: '$version' } as const;

const route = oneOf({ name: 'route', label: 'Route', of: current(splitPercentage, chosen), by: 'route' });
const version = anyOf({ name: 'version', label: 'Version', of: total(requests, ofRoute), by: 'version' });

/** A route with a deployment: the stable version and the candidate side by side. */
export function deploymentDashboard(): GrafanaDashboard {
  return dashboard({
    name: 'deployment',
    title: 'Deployment',
    about: 'Does the candidate do as well as the stable version? Both side by side, for one route.',
    variables: [jobs, instances, route, version],
    rows: [atAGlance, compared, sideBySide, control],
  });
}

const rates = aggregate('sum', rate(requests, window, ofRoute), ['version']);
const failureShares = shareOf(aggregate('sum', rate(failures, window, ofRoute), ['version']), rates);
const slowest = (share: number) => quantile(share, duration, window, { by: ['version'], where: ofRoute });
const candidate = { ...ofRoute, version: 'candidate' } as const;
const stable = { ...ofRoute, version: 'stable' } as const;
const failureShareOf = (where: typeof candidate | typeof stable) =>
  shareOf(aggregate('sum', rate(failures, window, where)), aggregate('sum', rate(requests, window, where)));
const p95Of = (where: typeof candidate | typeof stable) => quantile(0.95, duration, window, { where });

const atAGlance: Row = {
  title: 'At a glance: $route',
  panels: [
    stat({
      title: 'Share of the candidate',
      about: 'Which part of the requests goes to the candidate, testers not included.',
      unit: 'percent',
      lines: [{ query: aggregate('max', current(splitPercentage, ofRoute)) }],
    }),
    stat({
      title: 'Requests',
      about: 'Requests that a version answered or failed, in each second.',
      width: 6,
      unit: 'reqps',
      lines: [{ query: rates }],
    }),
    stat({
      title: 'Failures',
      about: 'Share of the requests of a version that its backends failed.',
      width: 7,
      limit: thresholds.errorRatio,
      lines: [{ query: failureShares }],
    }),
    stat({
      title: 'p95',
      about: 'How long 95 of 100 requests of a version took at most.',
      width: 7,
      limit: thresholds.p95Seconds,
      lines: [{ query: slowest(0.95) }],
    }),
  ],
};

const compared: Row = {
  title: 'Both versions compared',
  panels: [
    timeSeries({
      title: 'Share of the candidate',
      about: 'Each step is a phase of the deployment; a fall to 0 is its end.',
      unit: 'percent',
      max: 100,
      width: 6,
      lines: [{ name: 'share', query: aggregate('max', current(splitPercentage, ofRoute)) }],
    }),
    timeSeries({
      title: 'Failures',
      about: 'Share of the requests of each version that its backends failed.',
      width: 6,
      limit: thresholds.errorRatio,
      lines: [{ query: failureShares }],
    }),
    timeSeries({
      title: 'p95',
      about: 'How long 95 of 100 requests of each version took at most.',
      width: 6,
      limit: thresholds.p95Seconds,
      lines: [{ query: slowest(0.95) }],
    }),
    timeSeries({
      title: 'What the candidate costs',
      about: 'The p95 of the candidate as a multiple of that of the stable version; 1 is no difference.',
      unit: 'none',
      width: 6,
      lines: [{ name: 'candidate / stable', query: combine(p95Of(candidate), '/', p95Of(stable)) }],
    }),
  ],
};

const sideBySide: Row = {
  title: 'Side by side',
  panels: [
    timeSeries({
      title: 'Requests and failures: $version',
      about: 'Requests of this version in each second, and those that its backends failed.',
      width: 24,
      unit: 'reqps',
      repeat: 'version',
      lines: [
        { name: 'requests', query: aggregate('sum', rate(requests, window, ofVersion)) },
        { name: 'failures', query: aggregate('sum', rate(failures, window, ofVersion)) },
      ],
    }),
    timeSeries({
      title: 'Duration: $version',
      about: 'How long the given share of the requests of this version took at most.',
      width: 24,
      limit: thresholds.p95Seconds,
      repeat: 'version',
      lines: quantileLines((share) => quantile(share, duration, window, { where: ofVersion })),
    }),
    heatmap({
      title: 'Durations: $version',
      about: 'How many requests of this version took how long.',
      width: 24,
      repeat: 'version',
      bounds: 's',
      buckets: bucketIncreases(duration, window, ofVersion),
    }),
  ],
};

const control: Row = {
  title: 'What carries it out',
  panels: [
    stat({
      title: 'Open deployments',
      about: 'Deployments of all routes that have not ended.',
      width: 6,
      lines: [{ query: aggregate('max', current(deliveryMetrics.open, ofJob)) }],
    }),
    stat({
      title: 'Difference in failures',
      about: 'The share of failures of the candidate less that of the stable version; below 0 the candidate is better.',
      width: 6,
      nothing: 'no traffic',
      lines: [{ query: combine(failureShareOf(candidate), '-', failureShareOf(stable)) }],
    }),
    stat({
      title: 'Nodes',
      about: 'Whether every live node runs the current revision.',
      width: 6,
      states: yesNo('converged', 'not converged'),
      lines: [{ query: aggregate('min', current(controlMetrics.nodesConverged, ofJob)) }],
    }),
    stat({
      title: 'Revision',
      about: 'The latest revision that a node runs.',
      width: 6,
      unit: 'none',
      lines: [
        {
          query: aggregate('max', current(processMetrics.configRevision, chosen)),
        },
      ],
    }),
  ],
};
