import { expect, test } from 'vitest';
import { figuresOf, verdict } from './figures.ts';
import type { Machine } from './machine.ts';
import { faultsOf } from './result.ts';
import type { Result } from './result.ts';
import type { Cell } from './throughput.ts';

const sluice: Cell = {
  caseId: '1k-64',
  peer: 'sluice',
  cpuMicrosPerRequest: 20,
  cpuSpread: 0.05,
  requestsPerSecond: 40_000,
  p50Micros: 1500,
  p99Micros: 3000,
  rssBytes: 90e6,
  errors: 0,
  ratioToNginx: 1.2,
  rounds: [],
};
const machine = {} as Machine;
const result: Result = { machine, rounds: 3, seconds: 8, throughput: [sluice] };

test('a figure that was not measured is not in the list', () => {
  expect(figuresOf(result)).toEqual([
    { title: 'CPU per request, 1k-64', unit: '× nginx', measured: 1.2, must: 1.7, aim: 1.1 },
  ]);
});

test('a control plane is compared with Sluice without one, over the loads of the same run', () => {
  const alone: Cell = { ...sluice, peer: 'sluice-alone', cpuMicrosPerRequest: 16 };
  const other = { caseId: 'post-64', cpuMicrosPerRequest: 20 };
  const throughput: Cell[] = [sluice, alone, { ...sluice, ...other }, { ...alone, ...other, cpuMicrosPerRequest: 25 }];
  const figure = figuresOf({ ...result, throughput }).find(({ title }) => title.includes('control plane'));
  expect(figure).toMatchObject({ title: 'CPU per request with a control plane', must: 1.03 });
  expect(figure?.measured).toBeCloseTo(1, 10);
});

test.each([
  [1.1, 'aim met'],
  [1.7, 'must met'],
  [1.71, 'short'],
  [Number.NaN, 'short'],
])('%d against must 1.7 and aim 1.1 is "%s"', (measured, word) => {
  expect(verdict({ title: '', unit: '', measured, must: 1.7, aim: 1.1 })).toBe(word);
});

test('errors of Sluice and wrong answers over swaps are faults; those of a peer are not', () => {
  const swaps = { swaps: 1000, requests: 9, wrong: 1, dropped: 2, seconds: 1, examples: ['wrong: x'] };
  const throughput = [
    { ...sluice, errors: 3 },
    { ...sluice, peer: 'fastify' as const, errors: 7 },
  ];
  expect(faultsOf({ ...result, throughput, swaps })).toEqual([
    '1k-64: 3 errors',
    'swaps: 1 wrong and 2 dropped answers: wrong: x',
  ]);
  expect(faultsOf(result)).toEqual([]);
});
