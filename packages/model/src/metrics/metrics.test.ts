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

/** Why each label has few values, whatever clients send. A new label needs its reason here. */
const bounds: Readonly<Record<string, string>> = {
  route: 'the names in the configuration; those that are gone are added up beyond 10,000 series',
  backend: 'the names in the configuration, of the route; beyond 10,000 series as for routes',
  method: 'the methods of RFC 9110 and PATCH; every other one is OTHER',
  status: 'three digits that a backend or the gateway answered with; beyond the room for them, uncounted',
  reason: 'the error codes, or the reasons why a span was dropped: a list in the source',
  worker: 'the number of workers',
  kind: 'kinds of garbage collections or of limits: a list in the source',
  address: 'hosts and ports of backends in the configuration; more than 4,096 are other',
  state: 'busy or idle',
  outcome: 'a list in the source for each metric',
  server_name: 'the names of the certificates in the configuration',
  version: 'stable or candidate',
  helper: 'kinds of helpers: a list in the source',
  host: 'hosts of key sets in the configuration',
  tier: 'tiers of consumers, which an administrator or an issuer of tokens gives; more than 32 are other',
  policy: 'policies and methods of authentication, and the modules that the configuration names',
  decider: 'a list in the source',
  signal: 'traces or metrics',
  percentile: '50 or 90',
};

test('each label is bounded by design, not by what is asked of the gateway', () => {
  const labels = new Set<string>(metrics.flatMap((metric) => metric.labels));
  expect([...labels].toSorted()).toEqual(Object.keys(bounds).toSorted());
});

test('the meaning of each metric begins with one plain sentence', () => {
  const faulty = metrics.filter(({ help }) => !/^[A-Z01][^`[\]\n]*\.$/.test(help));
  expect(faulty).toEqual([]);
});
