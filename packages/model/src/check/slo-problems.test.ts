import { expect, test } from 'vitest';
import { encodeRoute } from '../documents/encode.ts';
import { formatPath } from '../values/problem.ts';
import { parseConfig } from './parse-config.ts';
import { parseRoute } from './parse-route.ts';

const backends = [{ name: 'a', url: 'http://127.0.0.1:9001' }];

/** What the file and the API say about an objective. */
function problemsOf(slo: unknown): string[] {
  const route = { name: 'orders', backends, slo };
  const [file, api] = [parseConfig({ routes: [route] }), parseRoute(route, { backends: () => undefined })];
  const ofFile = file.ok ? [] : file.problems.map(({ path, message }) => `${formatPath(path)} ${message}`);
  const ofApi = api.ok ? [] : api.problems.map(({ path, message }) => `routes[0].${formatPath(path)} ${message}`);
  expect(ofApi).toEqual(ofFile);
  return ofFile;
}

test.each([
  [{ availability: 99.9 }],
  [{ availability: 99.999, latency: { p99: '500ms' } }],
  [{ latency: { p50: '20ms', p95: '20ms', p99: '33s' } }],
])('%j is an objective', (slo) => {
  expect(problemsOf(slo)).toEqual([]);
});

test.each<[unknown, string]>([
  [{}, 'routes[0].slo says nothing: give availability, latency, or both'],
  [{ latency: {} }, 'routes[0].slo.latency says nothing: give p50, p95, p99, or some of them'],
  [{ availability: 0 }, 'routes[0].slo.availability expected a percentage above 0 and below 100, such as 99.9'],
  [{ availability: 100 }, 'routes[0].slo.availability expected a percentage above 0 and below 100, such as 99.9'],
  [{ availability: '99.9' }, 'routes[0].slo.availability expected a number, not text: leave out the quotes'],
  [{ latency: { p99: 500 } }, 'routes[0].slo.latency.p99 expected a duration such as 250ms, 5s, 1m, 2h or PT5M'],
  [{ latency: { p90: '1s' } }, 'routes[0].slo.latency.p90 unknown field; '],
  [{ latency: { p99: '34s' } }, 'routes[0].slo.latency.p99 is longer than the gateway tells apart: at most 33s'],
  [
    { latency: { p50: '2s', p99: '1s' } },
    'routes[0].slo.latency.p99 is shorter than p50, which fewer requests have to reach',
  ],
])('%j is refused', (slo, problem) => {
  expect(problemsOf(slo)).toEqual([expect.stringContaining(problem)]);
});

test('a share in place of a percentage is valid, and said', () => {
  const warnings = (availability: number) => {
    const read = parseConfig({ routes: [{ name: 'orders', backends, slo: { availability } }] });
    return read.ok && read.warnings.map(({ path, message }) => `${formatPath(path)} ${message}`);
  };
  expect(warnings(0.999)).toEqual([expect.stringMatching(/^routes\[0\]\.slo\.availability is a percentage: 0\.999 /)]);
  expect(warnings(95)).toEqual([]);
});

test('an objective is kept as it was written', () => {
  const slo = { availability: 99.9, latency: { p99: '500ms' } };
  const read = parseRoute({ name: 'orders', backends, slo }, { backends: () => undefined });
  expect(read.ok && encodeRoute(read.route).slo).toEqual(slo);
});
