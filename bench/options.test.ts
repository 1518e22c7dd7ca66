import { expect, test } from 'vitest';
import { parseOptions } from './options.ts';

test('a plain run measures everything in three rounds and is kept', () => {
  const options = parseOptions([]);
  expect(options).toMatchObject({ rounds: 3, seconds: 8, whole: true, json: false });
  expect(options.peers).toEqual(['sluice', 'sluice-alone', 'nginx', 'haproxy', 'fastify']);
  expect(options.probes).toEqual(['latency', 'memory', 'change', 'swaps', 'scale']);
});

test.each([
  [['--quick']],
  [['--only', 'nginx,sluice']],
  [['--cases', '1k-64']],
  [['--rounds', '2']],
  [['--probes', 'none']],
])('a run with %j is not the whole run', (argv) => {
  expect(parseOptions(argv).whole).toBe(false);
});

test('a run of policies is kept when all of them are measured', () => {
  expect(parseOptions(['--policies', '--before', '../earlier'])).toMatchObject({
    whole: true,
    policies: { before: '../earlier' },
  });
  expect(parseOptions(['--policies', '--only', 'none,headers'])).toMatchObject({
    whole: false,
    policies: { only: ['none', 'headers'] },
  });
});

test('a run of what observing costs is kept when all of it is measured', () => {
  expect(parseOptions(['--observe'])).toMatchObject({ whole: true, observe: {} });
  expect(parseOptions(['--observe', '--only', 'log-1'])).toMatchObject({ whole: false, observe: { only: ['log-1'] } });
});

test('without Sluice there is nothing to probe', () => {
  expect(parseOptions(['--only', 'nginx,haproxy']).probes).toEqual([]);
});

test.each([
  [['--only', 'ngnix'], 'unknown ngnix; there are sluice, sluice-alone, nginx'],
  [['--cases', '1k'], 'unknown 1k; there are 1k-64'],
  [['--rounds', '0'], '--rounds: a whole number from 1 on, not 0'],
  [['--speed', '9'], '--speed'],
  [['--policies', '--cases', '1k-64'], 'leave --cases and --probes out'],
  [['--before', '../earlier'], '--before goes with --policies'],
  [['--observe', '--policies'], '--observe and --policies are two runs'],
  [['--observe', '--probes', 'none'], 'leave --cases and --probes out'],
])('%j is refused with a reason', (argv, reason) => {
  expect(() => parseOptions(argv)).toThrow(reason);
});
