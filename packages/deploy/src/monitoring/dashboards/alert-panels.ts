import { aggregate, current, orZero } from '@sluice/model/metrics';
import type { Metric } from '@sluice/model/metrics';
import { stat, stateTimeline } from './panel/index.ts';

/** What Prometheus itself keeps of the alerts of its rules. */
const alerts = {
  name: 'ALERTS',
  type: 'gauge',
  labels: ['alertname', 'alertstate', 'severity'],
  help: 'Alerts that are pending or firing.',
} as const satisfies Metric;

const firing = current(alerts, { alertname: { matching: 'Sluice.*' }, alertstate: 'firing' });

/** How many alerts fire. */
export const firingAlerts = stat({
  title: 'Firing alerts',
  about: 'Alerts of the rules that come with these dashboards.',
  limit: 1,
  lines: [
    {
      query: orZero(aggregate('count', firing)),
    },
  ],
});

/** Which of them, and since when. */
export const alertsOverTime = stateTimeline({
  title: 'Alerts',
  about: 'Which alerts fire, and since when. Each has a runbook.',
  width: 24,
  states: [{ value: 1, text: 'firing', color: 'red' }],
  lines: [{ query: aggregate('max', firing, ['severity', 'alertname']) }],
});
