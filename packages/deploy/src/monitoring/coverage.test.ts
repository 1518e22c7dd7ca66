import { metricGroups } from '@sluice/model/metrics';
import { expect, test } from 'vitest';
import { renderMonitoring } from './render-monitoring.ts';
import { emptyInput } from './testing/monitoring-input.ts';

/** Metrics that neither a dashboard nor an alert needs, each with the reason. */
const unused: Readonly<Record<string, string>> = {};

const files = renderMonitoring(emptyInput);
const used = new Set(files.flatMap(({ content }) => content.match(/\w+/g) ?? []));
const isUsed = (name: string): boolean =>
  [name, `${name}_bucket`, `${name}_count`, `${name}_sum`].some((each) => used.has(each));

test('each metric is on a dashboard or in an alert, or there is a reason why not', () => {
  const names = metricGroups.flatMap(({ metrics }) => metrics.map(({ name }) => name));
  expect(names.filter((name) => !isUsed(name) && !(name in unused))).toEqual([]);
  expect(Object.keys(unused).filter((name) => isUsed(name) || !names.includes(name))).toEqual([]);
});
