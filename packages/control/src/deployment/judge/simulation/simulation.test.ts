import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cellOf, usualSeed } from './cells.ts';
import { badRow, refusalRatesTable } from './tables.ts';
import { ours, seed } from './ours.ts';
import { runsIn, sumOfTallies, tallyOf } from './tally.ts';
import type { Truth } from './truth.ts';
import { truths } from './truths.ts';

/** Deployments of which the clients of both versions give up on these shares of requests. */
function abandoned(stable: number, candidate: number): Truth[] {
  const like = truths.filter(
    ({ name, service, rate }) => name === 'equal' && service.startsWith('0.1 %') && rate >= 20,
  );
  return like.map((truth) => ({
    ...truth,
    nature: (second) => ({
      stable: { ...truth.nature(second).stable, abortRate: stable },
      candidate: { ...truth.nature(second).candidate, abortRate: candidate },
    }),
  }));
}

describe('simulated deployments', () => {
  test('of equal candidates are rolled back by mistake at most 1 time in 100, with a look every second', () => {
    const equal = ours(({ name, rate }) => name === 'equal' && rate >= 20, 2);
    expect(runsIn(equal)).toBe(18);
    expect(equal.rolledBack / runsIn(equal)).toBeLessThanOrEqual(0.005);
    expect(equal.asked / runsIn(equal)).toBeLessThanOrEqual(0.1);
  });

  test('of candidates that are worse by the limit are completed at most 1 time in 100', () => {
    const bad = ours(
      ({ name, rate }) =>
        ['+5 points of errors', '+50 % of all latencies', '+50 % of p99, slow tail only'].includes(name) && rate > 20,
      6,
    );
    expect(runsIn(bad)).toBe(108);
    expect(bad.completed / runsIn(bad)).toBeLessThanOrEqual(0.01);
    expect(bad.rolledBack).toBeGreaterThan(100);
  });

  test('of candidates that become bad late are rolled back in a few seconds when there is traffic', () => {
    const late = ours(({ name, rate }) => name === 'fails always, late' && rate === 200, 4);
    expect(late.rolledBack).toBe(12);
    expect(Math.max(...late.seconds)).toBeLessThanOrEqual(5);
  });

  test('of equal candidates, on a fifth of whose requests clients give up, are not rolled back', () => {
    const impatient = abandoned(0.2, 0.2);
    const equal = sumOfTallies(impatient.map((truth) => tallyOf(truth, 'ours', 4, seed)));
    expect(runsIn(equal)).toBe(12);
    expect(equal.rolledBack).toBe(0);
  });

  test('of candidates on which clients give up 10 points more often, or always, are rolled back', () => {
    const bad = [...abandoned(0.05, 0.15), ...abandoned(0.01, 1)].filter(({ rate }) => rate > 20);
    const left = sumOfTallies(bad.map((truth) => tallyOf(truth, 'ours', 6, seed)));
    expect(left).toMatchObject({ rolledBack: 24, completed: 0 });
  });

  test('of candidates that refuse their callers are rolled back, and of those that refuse as many as before are not', () => {
    const refusing = (name: string): ReturnType<typeof ours> =>
      ours((truth) => truth.kind === 'refusing' && truth.name === name && truth.rate === 20, 1);
    for (const name of ['20 % of its requests', '20 % of its requests, late', 'all of its requests'])
      expect(refusing(name)).toMatchObject({ rolledBack: 3, completed: 0 });
    for (const name of ['as many as the stable version: 20 % of all requests', '2 % of its requests'])
      expect(refusing(name).rolledBack).toBe(0);
  });

  test('are the same for the same seed, as docs/judging.md has them', () => {
    const cells = truths
      .filter(({ name, rate }) => name === 'fails always' && rate === 200)
      .map((truth) => cellOf(truth, { seed: usualSeed, part: 1 }));
    const page = readFileSync(join(import.meta.dirname, '../../../../../../docs/judging.md'), 'utf8');
    expect(page.split('\n')).toContain(badRow(cells));
    const refusals = truths.filter(({ name, rate }) => name === '0 % and 10 %' && rate === 200);
    const table = refusalRatesTable(refusals.map((truth) => cellOf(truth, { seed: usualSeed, part: 1 })));
    for (const line of table.split('\n')) expect(page.split('\n')).toContain(line);
  });
});
