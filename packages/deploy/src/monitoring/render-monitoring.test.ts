import { expect, test } from 'vitest';
import { alertmanagerConfig } from './alertmanager-config.ts';
import { renderMonitoring } from './render-monitoring.ts';
import type { RouteObjective } from './monitoring-files.ts';
import { objectiveRules } from './rules/objective-rules.ts';
import { fullInput } from './testing/monitoring-input.ts';

const files = renderMonitoring(fullInput).filter(({ path }) => !path.startsWith('grafana/'));

test.each(files)('$path is as kept in fixtures', async ({ path, content }) => {
  await expect(content).toMatchFileSnapshot(`./fixtures/${path.replace('/', '-')}`);
});

/** The windows and severities of the alerts of an objective. */
function windowsOf(slo: RouteObjective['slo']): string[] {
  const alerts = objectiveRules([{ route: 'orders', slo }]).flatMap((group) => group.alerts ?? []);
  return alerts.map(({ labels, severity }) => `${labels?.['objective']} ${labels?.['window']} ${severity}`);
}

test('an objective has the windows of the workbook, without those whose burn rate cannot be reached', () => {
  expect(windowsOf({ availability: 99.9 })).toEqual([
    'availability 1h critical',
    'availability 6h critical',
    'availability 1d warning',
    'availability 3d warning',
  ]);
  expect(windowsOf({ availability: 90 })).toEqual([
    'availability 6h critical',
    'availability 1d warning',
    'availability 3d warning',
  ]);
  expect(windowsOf({ latency: { p50: 20 } })).toEqual(['p50 3d warning']);
});

test('without objectives there are no rules of objectives, and none for routes without one', () => {
  expect(objectiveRules([])).toEqual([]);
  const text = JSON.stringify(objectiveRules([{ route: 'orders', slo: { availability: 99.9 } }]));
  expect(text).toContain('route=~\\"orders\\"');
});

test('nothing is written twice for routes with the same objective', () => {
  const slo = { latency: { p99: 500 } };
  const [{ recordings = [] }] = objectiveRules(['a', 'b'].map((route) => ({ route, slo })));
  expect(new Set(recordings.map(({ metric }) => metric.name)).size).toBe(recordings.length);
});

test('the receivers of Alertmanager send nowhere unless an address is given', () => {
  expect(alertmanagerConfig(fullInput).content).toContain('url: http://127.0.0.1:9095/alerts');
  expect(alertmanagerConfig({ webhook: undefined }).content).not.toContain('webhook_configs');
});
