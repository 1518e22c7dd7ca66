import { expect, test } from 'vitest';
import { ShareBudget } from './share-budget.ts';

/** Spends until nothing is left, and says how much that was. */
function spendAll(budget: ShareBudget): number {
  let spent = 0;
  while (budget.spend()) spent++;
  return spent;
}

test('begins with its reserve', () => {
  expect(spendAll(new ShareBudget(10))).toBe(10);
});

test('is earned back as a share of the requests', () => {
  const budget = new ShareBudget(10);
  spendAll(budget);
  for (let i = 0; i < 4; i++) budget.earn(0.25);
  expect(spendAll(budget)).toBe(1);
  for (let i = 0; i < 3; i++) budget.earn(0.25);
  expect(spendAll(budget)).toBe(0);
});

test('saves up no more than its reserve, whatever the share', () => {
  const budget = new ShareBudget(3);
  for (let i = 0; i < 1000; i++) budget.earn(0.7);
  budget.spend();
  for (let i = 0; i < 1000; i++) budget.earn(0.7);
  expect(spendAll(budget)).toBe(3);
});

test('of nothing allows nothing', () => {
  const budget = new ShareBudget(0);
  budget.earn(1);
  expect(budget.spend()).toBe(false);
});
