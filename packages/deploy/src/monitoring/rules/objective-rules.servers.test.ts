import { trafficMetrics } from '@sluice/model/metrics';
import { expect, test } from 'vitest';
import type { RouteObjective } from '../monitoring-files.ts';
import { ruleFiles } from './rule-files.ts';
import { simulate } from './testing/promtool.ts';
import type { FiringAlert } from './testing/promtool.ts';
import { growing, seriesOf } from './testing/situations.ts';

/** Three days and a little more, so that every window is full. */
const minutes = 3 * 24 * 60 + 61;

type Part = readonly [minutes: number, perMinute: number];

interface Simulated {
  readonly slo?: RouteObjective['slo'];
  /** Requests in a minute. */
  readonly perMinute: number;
  /** Those of them that fail, or take a second and a half, in the last minutes; before, none does. */
  readonly bad: readonly Part[];
  /** The windows of the alerts that fire. */
  readonly fires: readonly string[];
}

const usual = { availability: 99.9 };
/** A burst of ten minutes in which a fifth of the requests fail. */
const burst: readonly Part[] = [[10, 20]];

const routes: Readonly<Record<string, Simulated>> = {
  'spends-half-of-its-budget': { perMinute: 2000, bad: [[minutes, 1]], fires: [] },
  'fails-fast': { perMinute: 100, bad: burst, fires: ['1h'] },
  'fails-fast-with-a-larger-budget': { slo: { availability: 95 }, perMinute: 100, bad: burst, fires: [] },
  'fails-for-four-hours': { perMinute: 1000, bad: [[240, 10]], fires: ['6h'] },
  'fails-for-a-day': { perMinute: 1000, bad: [[1200, 4]], fires: ['1d', '3d'] },
  'fails-a-little-for-days': { perMinute: 2000, bad: [[minutes, 3]], fires: ['3d'] },
  'has-recovered': {
    perMinute: 100,
    bad: [
      [5, 20],
      [10, 0],
    ],
    fires: [],
  },
  'has-few-requests': { perMinute: 0.1, bad: [[20, 0.1]], fires: [] },
  'has-a-budget-of-a-tenth': { slo: { availability: 90 }, perMinute: 100, bad: [[10, 100]], fires: [] },
};

const slow: Readonly<Record<string, Simulated>> = {
  'gets-slow': { slo: { latency: { p99: 500 } }, perMinute: 100, bad: [[15, 100]], fires: ['1h'] },
  'gets-a-little-slow': { slo: { latency: { p99: 500 } }, perMinute: 100, bad: [[10, 50]], fires: [] },
  'may-take-two-seconds': { slo: { latency: { p99: 2000 } }, perMinute: 100, bad: [[15, 100]], fires: [] },
};

const all = Object.entries({ ...routes, ...slow });
const objectives = all.map(([route, { slo = usual }]) => ({ route, slo }));
const rules = ruleFiles({ objectives, runbooks: 'docs/runbooks' }).filter(
  ({ path }) => path === 'rules/objectives.yml',
);

/** The values of a counter of what is bad: nothing at first, then as given. */
function badOf({ bad }: Simulated): string {
  const before = minutes - bad.reduce((sum, [length]) => sum + length, 0);
  return growing(...(before > 0 ? [[before, 0] as const] : []), ...bad);
}

function requestsOf([route, simulated]: readonly [string, Simulated]): [string, string][] {
  const labels = { route, backend: 'b', method: 'GET', instance: 'a' };
  return [
    [seriesOf(trafficMetrics.requests, { ...labels, status: '200' }), growing([minutes, simulated.perMinute])],
    [seriesOf(trafficMetrics.requests, { ...labels, status: '500' }), badOf(simulated)],
  ];
}

function durationsOf([route, { perMinute, bad }]: readonly [string, Simulated]): [string, string][] {
  const labels = { route, instance: 'a' };
  const before = minutes - bad.reduce((sum, [length]) => sum + length, 0);
  const whole = growing([minutes, perMinute]);
  const fast = growing(
    [before, perMinute],
    ...bad.map(([length, slowOnes]) => [length, perMinute - slowOnes] as const),
  );
  const { requestDuration } = trafficMetrics;
  return [
    [seriesOf(requestDuration, labels, '_count'), whole],
    [seriesOf(requestDuration, { ...labels, le: '0.524288' }, '_bucket'), fast],
    [seriesOf(requestDuration, { ...labels, le: '2.097152' }, '_bucket'), whole],
  ];
}

function alertsOf([route, { fires, slo = usual }]: readonly [string, Simulated]): FiringAlert[] {
  const [name, own] =
    'latency' in slo
      ? (['SluiceLatencyBurns', { objective: 'p99', bound: '0.524288' }] as const)
      : (['SluiceAvailabilityBurns', { objective: 'availability' }] as const);
  return fires.map((window) => {
    const severity = window.endsWith('h') ? 'critical' : 'warning';
    return [name, { ...own, route, window, severity }];
  });
}

test('of many routes over three days, each that burns its budget fires in the windows that it burns in, and no other does', async () => {
  const series = Object.fromEntries([
    ...Object.entries(routes).flatMap(requestsOf),
    ...Object.entries(slow).flatMap(durationsOf),
  ]);
  const firing = all.flatMap(alertsOf);
  // Three days in steps of half a minute would take promtool minutes.
  const { code, text } = await simulate(rules, { at: `${minutes - 1}m`, series, firing, every: '5m' });
  expect(text).toContain('SUCCESS');
  expect(code).toBe(0);
});
