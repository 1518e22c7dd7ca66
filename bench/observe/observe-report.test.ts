import { expect, test } from 'vitest';
import type { Machine } from '../machine.ts';
import { observeFaults, observeFigures, renderObserved } from './observe-report.ts';
import type { ObserveCell, ObserveResult } from './observe-result.ts';

const cell = (id: string, ratioToNothing: number, more: Partial<ObserveCell> = {}): ObserveCell => ({
  id,
  title: id,
  cpuMicrosPerRequest: 20 * ratioToNothing,
  addedMicros: 20 * (ratioToNothing - 1),
  ratioToNothing,
  ratioSpread: 0.02,
  requestsPerSecond: 40_000,
  errors: 0,
  rounds: [],
  ...more,
});

const resultOf = (...observed: readonly ObserveCell[]): ObserveResult => ({
  machine: {} as Machine,
  rounds: 3,
  seconds: 8,
  observed,
});

test('each load has its row, with what it adds to a gateway that observes nothing', () => {
  const text = renderObserved(resultOf(cell('nothing', 1), cell('log-100', 1.2)));
  expect(text).toMatch(/^nothing +20\.0 +1\.000 +40000/m);
  expect(text).toMatch(/^log-100 +24\.0 +4\.00 +1\.200 +2 %/m);
  expect(text).not.toContain('figure');
});

test('a load with a limit is a figure, and says whether it is met', () => {
  const result = resultOf(cell('nothing', 1), cell('all-1', 1.04, { limit: { must: 1.03, aim: 1 } }));
  expect(observeFigures(result)).toEqual([{ title: 'all-1', unit: '× nothing', measured: 1.04, must: 1.03, aim: 1 }]);
  expect(renderObserved(result)).toMatch(/^all-1 +1\.04 × nothing +1\.03 +1 +short$/m);
});

test('an answer that is an error is a fault', () => {
  expect(observeFaults(resultOf(cell('nothing', 1), cell('log-1', 1, { errors: 3 })))).toEqual(['log-1: 3 errors']);
});
