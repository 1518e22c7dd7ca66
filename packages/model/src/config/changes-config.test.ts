import { expect, test } from 'vitest';
import { parseConfig } from '../check/parse-config.ts';
import { measuredSettings, isAnyMeasured } from './changes-config.ts';

const route = (name: string, more: object = {}) => ({
  name,
  pathPattern: `/${name}`,
  backends: [{ name: 'a', url: 'http://127.0.0.1:9001' }],
  ...more,
});

function changesOf(value: object) {
  const result = parseConfig(value);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config.changes;
}

function problemsOf(value: object): string[] {
  const result = parseConfig(value);
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

test('without the key, every change goes live at once', () => {
  const changes = changesOf({ routes: [route('users')] });
  expect(isAnyMeasured(changes)).toBe(false);
  expect(measuredSettings(changes, 'users')).toBeUndefined();
});

test('the key of a route wins over that of the file', () => {
  const changes = changesOf({
    changes: 'measured',
    routes: [route('users', { changes: 'direct' }), route('orders', { routeId: 'o1', changes: 'measured' })],
  });
  expect(measuredSettings(changes, 'users')).toBeUndefined();
  expect(measuredSettings(changes, 'o1')).toMatchObject({ strategy: 'Canary', analysis: { minRequests: 100 } });
  expect(measuredSettings(changes, 'new')).toMatchObject({ onConflict: 'supersede' });
});

test('a route that only says "measured" takes the settings of the file', () => {
  const phases = [{ trafficPercentage: 5, duration: '10s' }, { trafficPercentage: 100 }];
  const changes = changesOf({ changes: { phases }, routes: [route('users', { changes: 'measured' })] });
  expect(measuredSettings(changes, 'users')?.phases?.map(({ duration }) => duration)).toEqual([10_000, 300_000]);
});

test('settings beside a route alone measure that route alone', () => {
  const changes = changesOf({
    routes: [route('users', { changes: { analysis: { minRequests: 7 } } }), route('orders')],
  });
  expect(isAnyMeasured(changes)).toBe(true);
  expect(measuredSettings(changes, 'users')?.analysis.minRequests).toBe(7);
  expect(measuredSettings(changes, 'orders')).toBeUndefined();
});

test('the routes themselves do not carry the key', () => {
  const result = parseConfig({ routes: [route('users', { changes: 'measured' })] });
  expect(result.ok && result.config.routes[0]).not.toHaveProperty('changes');
});

test.each([
  [{ changes: 'mesured', routes: [] }, /^changes: expected one of direct, measured.*measured/],
  [{ changes: { fases: [] }, routes: [] }, /^changes\.fases: unknown field/],
  [{ changes: { phases: 3 }, routes: [] }, /^changes\.phases: /],
  [{ changes: { strategy: 'Direct' }, routes: [] }, /^changes\.strategy: unknown field/],
  [
    { changes: { phases: [{ trafficPercentage: 50 }, { trafficPercentage: 10 }] }, routes: [] },
    /^changes\.phases\.1\.trafficPercentage: is less than the phase before/,
  ],
  [
    { routes: [route('users', { changes: { gates: [{ type: 'prometheus', name: 'g', query: 'up', above: 1 }] } })] },
    /^routes\.0\.changes\.gates\.0\.type: there is no Prometheus/,
  ],
  [{ changes: 'measured' }, /^changes: without routes in the file/],
  [{ role: 'gateway', changes: 'measured', routes: [] }, /^changes: a process of role gateway/],
])('%j is refused', (value, message) => {
  expect(problemsOf(value)).toEqual([expect.stringMatching(message)]);
});
