import { aggregate, current, processMetrics, rate } from '@sluice/model/metrics';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { renderMonitoring } from '../render-monitoring.ts';
import { emptyInput } from '../testing/monitoring-input.ts';
import { dashboards } from './dashboards.ts';
import type { GrafanaDashboard, GrafanaPanel } from './grafana-model.ts';
import { timeSeries } from './panel/index.ts';

const input = { ...emptyInput, prometheus: 'http://prometheus:9090' };
const files = new Map(renderMonitoring(input).map(({ path, content }) => [path, content]));

const panelsOf = ({ panels }: GrafanaDashboard): GrafanaPanel[] =>
  panels.filter((panel): panel is GrafanaPanel => panel.type !== 'row');

test('Grafana finds Prometheus and the dashboards in the folder that is mounted', () => {
  expect(parse(files.get('grafana/datasources/sluice.yml') ?? '')).toMatchObject({
    apiVersion: 1,
    datasources: [{ type: 'prometheus', url: 'http://prometheus:9090', jsonData: { timeInterval: '15s' } }],
  });
  const { providers } = parse(files.get('grafana/dashboards/sluice.yml') ?? '') as {
    providers: { options: { path: string } }[];
  };
  const folder = providers[0].options.path.replace('/etc/grafana/provisioning', 'grafana');
  expect([...files.keys()].filter((path) => path.startsWith(`${folder}/`))).toEqual(
    dashboards().map(({ uid }) => `${folder}/${uid}.json`),
  );
});

test('exemplars lead to Jaeger, if it is known where that is', () => {
  const sourceOf = (jaeger?: string): string =>
    renderMonitoring({ ...input, jaeger }).find(({ path }) => path.includes('datasources'))!.content;
  expect(sourceOf()).not.toContain('exemplar');
  expect(parse(sourceOf('https://jaeger.internal/'))).toMatchObject({
    datasources: [
      {
        jsonData: {
          exemplarTraceIdDestinations: [{ name: 'trace_id', url: 'https://jaeger.internal/trace/$${__value.raw}' }],
        },
      },
    ],
  });
});

test('dashboards have addresses of their own, which do not change', () => {
  expect(dashboards().map(({ uid }) => uid)).toEqual([
    'sluice-overview',
    'sluice-route',
    'sluice-deployment',
    'sluice-node',
    'sluice-limits',
    'sluice-delivery',
  ]);
});

test('what is asked, and how it is shown, is as kept in fixtures', async () => {
  await expect(dashboards().map(inWords).join('\n')).toMatchFileSnapshot('../fixtures/dashboards.txt');
});

/** A dashboard without what Grafana alone cares for. */
function inWords({ title, templating: { list }, panels }: GrafanaDashboard): string {
  const variables = list.map(({ name, query }) => `  $${name}: ${query}\n`);
  const parts = panels.map((panel) => {
    if (panel.type === 'row') return `  == ${panel.title}\n`;
    const { unit, thresholds } = panel.fieldConfig.defaults;
    const limits = thresholds.steps.flatMap(({ color, value }) => (value === null ? [] : `, ${color} from ${value}`));
    const lines = panel.targets.map(({ legendFormat, expr }) => `      ${legendFormat}: ${expr}\n`);
    return `    ${panel.title} (${panel.type}, ${unit}${limits.join('')})\n${lines.join('')}`;
  });
  return `${title}\n${variables.join('')}${parts.join('')}`;
}

test('lines with different units have no panel in common', () => {
  const lines = [
    { query: aggregate('sum', current(processMetrics.heapUsed)) },
    { query: aggregate('sum', rate(processMetrics.cpu, '5m')) },
  ];
  const draw = (some: typeof lines) => timeSeries({ title: 'Process', about: 'Two things.', lines: some });
  expect(draw(lines.slice(1)).fieldConfig.defaults.unit).toBe('percentunit');
  expect(() => draw(lines)).toThrow('the lines of "Process" have different units');
});

test('the overview goes from traffic over errors and latency to saturation', () => {
  const rows = dashboards()[0].panels.filter(({ type }) => type === 'row');
  expect(rows.map(({ title }) => title)).toEqual([
    'At a glance',
    'Traffic',
    'Errors',
    'Latency',
    'Saturation',
    'Backends',
  ]);
});

describe.each(dashboards().map((dashboard) => [dashboard.title, dashboard] as const))('%s', (_title, dashboard) => {
  test('each panel has a number, a place of its own and a text', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
    for (const { title, description } of panelsOf(dashboard)) expect([title, description]).not.toContain('');
  });

  test('each variable that a query or a title names can be chosen', () => {
    const known = new Set(dashboard.templating.list.map(({ name }) => name));
    const used = JSON.stringify(dashboard.panels).matchAll(/\$\{?(\w+)/g);
    const unknown = [...used].map(([, name]) => name).filter((name) => !name.startsWith('__') && !known.has(name));
    expect(unknown).toEqual([]);
  });

  test('each variable that can be chosen is used', () => {
    const text = JSON.stringify(dashboard);
    for (const { name } of dashboard.templating.list) expect(text).toMatch(new RegExp(`\\$\\{?${name}\\b`));
  });
});
