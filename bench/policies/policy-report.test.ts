import { expect, test } from 'vitest';
import type { Machine } from '../machine.ts';
import { policyFaults, policyFigures, renderPolicies } from './policy-report.ts';
import type { PolicyCell, PolicyResult } from './policy-result.ts';

const cell = (id: string, cpuMicrosPerRequest: number, more: Partial<PolicyCell> = {}): PolicyCell => ({
  id,
  title: id,
  cpuMicrosPerRequest,
  addedMicros: cpuMicrosPerRequest - 25,
  ratioToNginx: cpuMicrosPerRequest / 20,
  cpuSpread: 0.05,
  requestsPerSecond: 30_000,
  errors: 0,
  rounds: [],
  ...more,
});

const resultOf = (...policies: readonly PolicyCell[]): PolicyResult => ({
  machine: {} as Machine,
  rounds: 3,
  seconds: 8,
  policies,
});

test('each policy has its row, with what it adds to a route without any', () => {
  const text = renderPolicies(resultOf(cell('nginx', 20), cell('none', 25), cell('headers', 27.5)));
  expect(text).toMatch(/^nginx +20\.0 +5 % +1\.00/m);
  expect(text).toMatch(/^none +25\.0 +5 % +1\.25/m);
  expect(text).toMatch(/^headers +27\.5 +2\.5 +5 % +1\.38/m);
  expect(text).not.toContain('figure');
});

test('the figures are those with a limit, and the route without policies beside that of before', () => {
  const limited = cell('all', 28, { limit: { must: 1.5, aim: 1.25 } });
  expect(policyFigures(resultOf(cell('before', 25), cell('none', 26), limited))).toEqual([
    { title: 'all', unit: '× nginx', measured: 1.4, must: 1.5, aim: 1.25 },
    { title: 'no policy', unit: '× before', measured: 1.04, must: 1.03, aim: 1 },
  ]);
});

test('an answer that is an error is a fault', () => {
  expect(policyFaults(resultOf(cell('none', 25), cell('headers', 27, { errors: 3 })))).toEqual(['headers: 3 errors']);
});
