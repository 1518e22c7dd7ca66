import { expect, test } from 'vitest';
import { renderMonitoring } from './render-monitoring.ts';
import { checkFiles } from './rules/testing/promtool.ts';
import { fullInput } from './testing/monitoring-input.ts';

const files = renderMonitoring({
  ...fullInput,
  caFile: 'ca.pem',
  objectives: [
    { route: 'orders', slo: { availability: 99.9, latency: { p50: 20, p95: 250, p99: 500 } } },
    { route: 'a.b:c', slo: { availability: 50, latency: { p99: 500 } } },
    { route: 'carts', slo: { latency: { p50: 1 } } },
  ],
});
const authority = { path: 'ca.pem', content: '' };

test('promtool finds the configuration and all rules right, without a remark', async () => {
  const { code, text } = await checkFiles('promtool', ['check', 'config', 'prometheus.yml'], [...files, authority]);
  expect({ code, text }).toMatchObject({ code: 0 });
  expect(text).toContain('4 rule files found');
  expect(text).not.toMatch(/FAILED|warning|lint|duplicate/i);
});

test('promtool finds each rule file right by itself', async () => {
  const paths = files.map(({ path }) => path).filter((path) => path.startsWith('rules/'));
  const { code, text } = await checkFiles('promtool', ['check', 'rules', '--lint-fatal', ...paths], files);
  expect({ code, text }).toMatchObject({ code: 0 });
  expect(text.match(/SUCCESS: \d+ rules found/g)).toHaveLength(4);
});

test('amtool finds the configuration of Alertmanager right, and routes by severity', async () => {
  const { code, text } = await checkFiles('amtool', ['check-config', 'alertmanager.yml'], files);
  expect({ code, text }).toMatchObject({ code: 0, text: expect.stringContaining('2 receivers') as string });
  for (const [severity, receiver] of [
    ['critical', 'page'],
    ['warning', 'ticket'],
  ]) {
    const args = ['config', 'routes', 'test', '--config.file=alertmanager.yml', `severity=${severity}`];
    const found = await checkFiles('amtool', args, files);
    expect([found.code, found.text.split('\n')[0]]).toEqual([0, receiver]);
  }
});

test('what is broken is found', async () => {
  const broken = files.map((file) => ({ ...file, content: file.content.replace('sum by (route)', 'sum bye (route)') }));
  expect((await checkFiles('promtool', ['check', 'config', 'prometheus.yml'], [...broken, authority])).code).toBe(1);
});
