import { expect, test } from 'vitest';
import { metricGroups } from './index.ts';

const metrics = metricGroups.flatMap((group) => group.metrics);

test('each metric has one name, and the name says what it counts in', () => {
  const names = metrics.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  for (const { name, type, unit } of metrics) {
    expect(name).toMatch(/^[a-z]+(?:_[a-z]+)+$/);
    expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
    const named = /_(seconds|bytes|ratio)(?:_total)?$/.exec(name)?.[1];
    expect([name, unit]).toEqual([name, named]);
  }
});

test('the meaning of each metric begins with one plain sentence', () => {
  const faulty = metrics.filter(({ help }) => !/^[A-Z01][^`[\]\n]*\.$/.test(help));
  expect(faulty).toEqual([]);
});
