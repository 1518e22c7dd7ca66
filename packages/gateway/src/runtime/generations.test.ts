import { describe, expect, test } from 'vitest';
import type { Generation } from '../compile/snapshot.ts';
import { Generations } from './generations.ts';

/** Generations, with what was told to be the oldest. */
function createGenerations() {
  const told: number[] = [];
  const generations = new Generations((number) => told.push(number));
  /** An exchange of a generation ends. */
  function leave(generation: Generation): void {
    generation.inUse--;
    generations.left(generation);
  }
  return { generations, told, leave, generation: (number: number, inUse = 0) => ({ number, revision: 7, inUse }) };
}

describe('the oldest generation in use', () => {
  test('is the current one when nothing runs on older ones', () => {
    const { generations, told, generation } = createGenerations();
    generations.enter(generation(1));
    generations.enter(generation(2));
    expect(told).toEqual([1, 2]);
  });

  test('is an older one for as long as an exchange runs on it', () => {
    const { generations, told, leave, generation } = createGenerations();
    const [one, two, three] = [generation(1, 2), generation(2), generation(3)];
    for (const each of [one, two, three]) generations.enter(each);
    expect(told.at(-1)).toBe(1);
    leave(one);
    expect(told.at(-1)).toBe(1);
    leave(one);
    expect(told.at(-1)).toBe(3);
  });

  test('is the oldest, in whichever order generations end', () => {
    const { generations, told, leave, generation } = createGenerations();
    const [one, two, three] = [generation(1, 1), generation(2, 1), generation(3, 1)];
    for (const each of [one, two, three]) generations.enter(each);
    leave(two);
    expect(told.at(-1)).toBe(1);
    leave(one);
    expect(told.at(-1)).toBe(3);
    leave(three);
    expect(told.at(-1)).toBe(3);
  });

  test('is told only when something changes', () => {
    const { generations, told, leave, generation } = createGenerations();
    const current = generation(1, 100);
    generations.enter(current);
    for (let i = 0; i < 100; i++) leave(current);
    expect(told).toEqual([1]);
  });
});

test('a thousand generations leave nothing behind', () => {
  const { generations, told, leave, generation } = createGenerations();
  const busy = Array.from({ length: 1000 }, (_, index) => generation(index + 1, 1));
  for (const each of busy) generations.enter(each);
  for (const each of busy.toReversed()) leave(each);
  generations.enter(generation(1001));
  expect(told.at(-1)).toBe(1001);
});
