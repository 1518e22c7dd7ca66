import { expect, test } from 'vitest';
import type { Result } from '../../bench/result.ts';
import { renderFigures, renderFiguresFrom, renderObserveFigures, renderPolicyFigures } from './figures.ts';

const cell = { requestsPerSecond: 1, p50Micros: 1, p99Micros: 1, rssBytes: 1, errors: 0, cpuSpread: 0, rounds: [] };
const result: Result = {
  machine: {
    date: '2026-01-02T03:04:05.000Z',
    commit: 'abc1234',
    cpu: 'Some CPU',
    cores: 2,
    memoryBytes: 1,
    kernel: '6',
    node: 'v24.0.0',
    nginx: '1.22.1',
    haproxy: '2.6.12',
    wrk: '4.1.0',
  },
  rounds: 3,
  seconds: 8,
  throughput: [
    { ...cell, caseId: '1k-64', peer: 'sluice', cpuMicrosPerRequest: 22.04, ratioToNginx: 1.25 },
    { ...cell, caseId: '1k-64', peer: 'nginx', cpuMicrosPerRequest: 17.6, ratioToNginx: 1 },
  ],
  swaps: { swaps: 1000, seconds: 9, requests: 5000, wrong: 0, dropped: 0, examples: [] },
};

test('the figures of a run become tables: what was measured, where, and against which aim', () => {
  expect(renderFigures(result)).toBe(
    `
Measured on 2026-01-02 at commit \`abc1234\` on 2 cores (Some CPU), Node v24.0.0, nginx 1.22.1, haproxy 2.6.12; medians of 3 interleaved rounds.

| CPU µs per request | sluice | nginx |
| --- | --- | --- |
| 1 KB GET, 64 connections | 22.0 | 17.6 |

| figure | measured | must | aim |  |
| --- | --- | --- | --- | --- |
| CPU per request, 1k-64 | 1.25 × nginx | ≤ 1.7 | ≤ 1.1 | must met |
| wrong or dropped of 5000 answers over 1000 swaps | 0 | ≤ 0 | ≤ 0 | aim met |
`.trim(),
  );
});

test('the figures of policies: what each adds, and the combination with its aim', () => {
  const policy = { requestsPerSecond: 1, cpuSpread: 0.052, errors: 0, rounds: [] };
  const limit = { must: 1.5, aim: 1.25 };
  const { machine, rounds, seconds } = result;
  const policies = [
    { ...policy, id: 'nginx', title: 'nginx', cpuMicrosPerRequest: 20, addedMicros: -5, ratioToNginx: 1 },
    { ...policy, id: 'all', title: 'JWT and limit', cpuMicrosPerRequest: 28, addedMicros: 3, ratioToNginx: 1.4, limit },
  ];
  expect(renderPolicyFigures({ machine, rounds, seconds, policies }).split('\n').slice(2)).toEqual([
    '| 1 KB GET, 64 connections | CPU µs per request | added µs | spread | × nginx |',
    '| --- | --- | --- | --- | --- |',
    '| nginx | 20.0 |  | 5 % | 1.00 |',
    '| JWT and limit | 28.0 | 3.0 | 5 % | 1.40 |',
    '',
    '| figure | measured | must | aim |  |',
    '| --- | --- | --- | --- | --- |',
    '| JWT and limit | 1.40 × nginx | ≤ 1.5 | ≤ 1.25 | must met |',
  ]);
});

test('the figures of what observing costs: what each adds to nothing, and those with an aim', () => {
  const measured = { requestsPerSecond: 1, ratioSpread: 0.031, errors: 0, rounds: [] };
  const { machine, rounds, seconds } = result;
  const nothing = { id: 'nothing', title: 'nothing', cpuMicrosPerRequest: 20, addedMicros: 0, ratioToNothing: 1 };
  const all = { id: 'all-1', title: 'all, 1 %', cpuMicrosPerRequest: 20.4, addedMicros: 0.4, ratioToNothing: 1.02 };
  const observed = [
    { ...measured, ...nothing },
    { ...measured, ...all, limit: { must: 1.03, aim: 1 } },
  ];
  expect(renderObserveFigures({ machine, rounds, seconds, observed }).split('\n').slice(2)).toEqual([
    '| 1 KB GET, 64 connections | CPU µs per request | added µs | × nothing | spread |',
    '| --- | --- | --- | --- | --- |',
    '| nothing | 20.0 |  | 1.000 |  |',
    '| all, 1 % | 20.4 | 0.40 | 1.020 | 3 % |',
    '',
    '| figure | measured | must | aim |  |',
    '| --- | --- | --- | --- | --- |',
    '| all, 1 % | 1.02 × nothing | ≤ 1.03 | ≤ 1 | must met |',
  ]);
});

test('without a result there are no figures', () => {
  expect(renderFiguresFrom('/no/such/file.json')).toBeUndefined();
});
