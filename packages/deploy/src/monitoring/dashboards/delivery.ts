import { aggregate, combine, controlMetrics, current, deliveryMetrics, top } from '@sluice/model/metrics';
import type { Query } from '@sluice/model/metrics';
import { ofJob } from './chosen.ts';
import { dashboard } from './dashboard.ts';
import type { GrafanaDashboard } from './grafana-model.ts';
import type { Row } from './layout.ts';
import { stat, timeSeries, yesNo } from './panel/index.ts';
import { controlJobs } from './processes.ts';
import { anyOf } from './variables.ts';

const { deployments, perDay, leadTime, changeFailureRatio, timeToRecover, reworkRatio, rollbacksPerDay } =
  deliveryMetrics;

const overall = { ...ofJob, route: '' } as const;
const median = { ...overall, percentile: '50' } as const;
/** The series without a route is all of them together. */
const ofRoutes = { ...ofJob, route: { matching: '$route' } } as const;
const route = anyOf({
  name: 'route',
  label: 'Route',
  of: current(deployments, { ...ofJob, route: { not: '' } }),
  by: 'route',
  all: '.+',
});

/** The DORA figures of the last 30 days, and where the time of deployments goes. */
export function deliveryDashboard(): GrafanaDashboard {
  return dashboard({
    name: 'delivery',
    title: 'Delivery',
    about: 'How well changes reach production: the DORA figures. Each point stands for the 30 days before it.',
    variables: [controlJobs, route],
    rows: [dora, outcomes, times, controlPlane],
    since: '30d',
  });
}

/** Every control process reports the same; NaN, which stands for no data, is left out. */
function reported<Label extends string>(query: Query<Label>): Query<never> {
  return combine(aggregate('max', query), '>=', 0);
}

/** The same for each value of a label. */
function reportedBy<Label extends string, Kept extends Label>(query: Query<Label>, by: readonly Kept[]): Query<Kept> {
  return combine(aggregate('max', query, by), '>=', 0);
}

const dora: Row = {
  title: 'All routes together',
  panels: [
    stat({
      title: 'Deployments a day',
      about: 'Completed deployments a day.',
      lines: [{ query: reported(current(perDay, overall)) }],
    }),
    stat({
      title: 'Lead time',
      about: 'From the creation of a deployment to its completion; half of them took less.',
      lines: [{ query: reported(current(leadTime, median)) }],
    }),
    stat({
      title: 'Change failures',
      about: 'Share of the deployments begun that were rolled back or failed.',
      lines: [{ query: reported(current(changeFailureRatio, overall)) }],
    }),
    stat({
      title: 'Time to recover',
      about: 'From the first sign of trouble to the rollback; half of them took less.',
      lines: [{ query: reported(current(timeToRecover, median)) }],
    }),
    stat({
      title: 'Rework',
      about: 'Share of the deployments begun that were emergencies or came soon after a failed one.',
      lines: [{ query: reported(current(reworkRatio, overall)) }],
    }),
    stat({
      title: 'Open',
      about: 'Deployments that have not ended, and those among them that wait for a person.',
      lines: [
        { name: 'open', query: reported(current(deliveryMetrics.open, ofJob)) },
        { name: 'waiting', query: reported(current(deliveryMetrics.awaitingPerson, ofJob)) },
      ],
    }),
  ],
};

const outcomes: Row = {
  title: 'By route',
  panels: [
    timeSeries({
      title: 'Ended deployments',
      about: 'How the deployments of the chosen routes ended.',
      stacked: true,
      lines: [{ query: reportedBy(current(deployments, ofRoutes), ['route', 'outcome']) }],
    }),
    timeSeries({
      title: 'Deployments a day',
      about: 'Completed deployments a day, of the ten routes with the most.',
      lines: [{ query: top(10, reportedBy(current(perDay, ofRoutes), ['route'])) }],
    }),
    timeSeries({
      title: 'Rollbacks a day',
      about: 'Rollbacks a day, of the ten routes with the most.',
      lines: [{ query: top(10, reportedBy(current(rollbacksPerDay, ofRoutes), ['route'])) }],
    }),
    timeSeries({
      title: 'Change failures',
      about: 'Share of the deployments begun that were rolled back or failed, of the ten worst routes.',
      lines: [{ query: top(10, reportedBy(current(changeFailureRatio, ofRoutes), ['route'])) }],
    }),
    timeSeries({
      title: 'Rework',
      about: 'Share of the deployments begun that were emergencies or came soon after a failed one.',
      lines: [{ query: top(10, reportedBy(current(reworkRatio, ofRoutes), ['route'])) }],
    }),
    timeSeries({
      title: 'Lead time',
      about: 'From creation to completion; half of the deployments of a route took less. The ten slowest.',
      lines: [{ query: top(10, reportedBy(current(leadTime, { ...ofRoutes, percentile: '50' }), ['route'])) }],
    }),
  ],
};

const times: Row = {
  title: 'Where the time goes',
  panels: [
    timeSeries({
      title: 'Lead time',
      about: 'From creation to completion, for the given share of all deployments.',
      width: 6,
      lines: [{ name: 'percentile', query: reportedBy(current(leadTime, overall), ['percentile']) }],
    }),
    timeSeries({
      title: 'Working',
      about: 'How long deployments moved forward, their phases included.',
      width: 6,
      lines: [{ name: 'percentile', query: reportedBy(current(deliveryMetrics.working, overall), ['percentile']) }],
    }),
    timeSeries({
      title: 'Waiting',
      about: 'How long deployments waited for their turn or for a person.',
      width: 6,
      lines: [{ name: 'percentile', query: reportedBy(current(deliveryMetrics.waiting, overall), ['percentile']) }],
    }),
    timeSeries({
      title: 'Time to recover',
      about: 'From the first sign of trouble to the rollback.',
      width: 6,
      lines: [{ name: 'percentile', query: reportedBy(current(timeToRecover, overall), ['percentile']) }],
    }),
  ],
};

const controlPlane: Row = {
  title: 'Control plane',
  panels: [
    stat({
      title: 'Leader',
      about: 'Control processes that lead; it is one, and for a moment none while the leader changes.',
      limit: 1,
      badBelow: true,
      lines: [{ query: aggregate('sum', current(controlMetrics.leading, ofJob)) }],
    }),
    stat({
      title: 'Store',
      about: 'Whether every control process reaches the store.',
      states: yesNo('reached', 'away'),
      lines: [{ query: aggregate('min', current(controlMetrics.storeReachable, ofJob)) }],
    }),
    stat({
      title: 'Bus',
      about: 'Whether the control processes reach each other, which needs Redis if there are several.',
      states: yesNo('connected', 'away'),
      lines: [{ query: aggregate('min', current(controlMetrics.busConnected, ofJob)) }],
    }),
    stat({
      title: 'Live nodes',
      about: 'Nodes that reported within the last 15 s.',
      lines: [{ query: aggregate('max', current(controlMetrics.nodesLive, ofJob)) }],
    }),
    stat({
      title: 'Nodes',
      about: 'Whether every live node runs the current revision.',
      states: yesNo('converged', 'not converged'),
      lines: [{ query: aggregate('min', current(controlMetrics.nodesConverged, ofJob)) }],
    }),
    stat({
      title: 'Saved, but not live',
      about: 'Routes whose change in the file is on trial or was taken back.',
      lines: [{ query: aggregate('max', current(controlMetrics.fileRoutesNotLive, ofJob)) }],
    }),
  ],
};
