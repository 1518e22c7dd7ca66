import { describe, expect, test } from 'vitest';
import { createPrng, seedOfRun } from '../route/testing/prng.ts';
import type { Prng } from '../route/testing/prng.ts';
import { Deadlines, Timed } from './deadlines.ts';

const tickMs = 50;

/** An entry that notes when it fired. */
class Noted extends Timed {
  readonly name: number;
  readonly #fired: string[];
  onFire: (() => void) | undefined;

  constructor(name: number, fired: string[]) {
    super();
    this.name = name;
    this.#fired = fired;
  }

  onDeadline(now: number): void {
    this.#fired.push(`${this.name}@${now}`);
    this.onFire?.();
  }
}

/** A wheel whose clock the test moves, tick by tick or in one leap. */
function createWheel(startsAt = 1000) {
  const fired: string[] = [];
  let now = startsAt;
  const wheel = new Deadlines({ tickMs, clock: () => now });
  return {
    wheel,
    fired,
    entry: (name: number) => new Noted(name, fired),
    leap(ms: number) {
      now += ms;
      wheel.advance();
    },
    walk(ms: number) {
      for (const end = now + ms; now < end;) {
        now += tickMs;
        wheel.advance();
      }
    },
  };
}

describe('a deadline', () => {
  test('fires once, not before its time and at most one tick after', () => {
    const { wheel, fired, entry, walk } = createWheel();
    wheel.set(entry(1), wheel.now + 120);
    walk(100);
    expect(fired).toEqual([]);
    walk(50);
    expect(fired).toEqual(['1@1150']);
    walk(60_000);
    expect(fired).toHaveLength(1);
  });

  test('that is moved later fires at the later time only', () => {
    const { wheel, fired, entry, walk } = createWheel();
    const one = entry(1);
    wheel.set(one, wheel.now + 100);
    wheel.set(one, wheel.now + 400);
    walk(350);
    expect(fired).toEqual([]);
    walk(50);
    expect(fired).toEqual(['1@1400']);
  });

  test('that is moved earlier fires at the earlier time', () => {
    const { wheel, fired, entry, walk } = createWheel();
    const one = entry(1);
    wheel.set(one, wheel.now + 60_000);
    wheel.set(one, wheel.now + 100);
    walk(100);
    expect(fired).toEqual(['1@1100']);
  });

  test('of Infinity never fires, and can be set again', () => {
    const { wheel, fired, entry, walk } = createWheel();
    const one = entry(1);
    wheel.set(one, wheel.now + 100);
    wheel.set(one, Infinity);
    walk(30_000);
    expect(fired).toEqual([]);
    wheel.set(one, wheel.now + 50);
    walk(50);
    expect(fired).toHaveLength(1);
  });

  test('that is removed never fires', () => {
    const { wheel, fired, entry, walk } = createWheel();
    const [one, two, three] = [entry(1), entry(2), entry(3)];
    for (const each of [one, two, three]) wheel.set(each, wheel.now + 100);
    wheel.remove(two);
    wheel.remove(two);
    walk(200);
    expect(fired.toSorted()).toEqual(['1@1100', '3@1100']);
  });

  test('in the past fires with the next tick', () => {
    const { wheel, fired, entry, walk } = createWheel();
    wheel.set(entry(1), wheel.now - 500);
    expect(fired).toEqual([]);
    walk(tickMs);
    expect(fired).toEqual(['1@1050']);
  });

  test('further away than the wheel is round fires in its own round', () => {
    const { wheel, fired, entry, walk } = createWheel();
    const rounds = 3 * 512 * tickMs + 100;
    wheel.set(entry(1), wheel.now + rounds);
    walk(rounds - tickMs);
    expect(fired).toEqual([]);
    walk(tickMs);
    expect(fired).toHaveLength(1);
  });
});

describe('a wheel', () => {
  test('fires all that is overdue after a long pause of the process', () => {
    const { wheel, fired, entry, leap } = createWheel();
    for (let i = 0; i < 700; i++) wheel.set(entry(i), wheel.now + 1 + i * 97);
    leap(700 * 97 + tickMs);
    expect(fired).toHaveLength(700);
  });

  test('lets a deadline remove, move and add others', () => {
    const { wheel, fired, entry, walk } = createWheel();
    const [one, two, three, four] = [entry(1), entry(2), entry(3), entry(4)];
    for (const each of [one, two, three]) wheel.set(each, wheel.now + 100);
    // The one linked last is visited first.
    three.onFire = () => {
      wheel.remove(one);
      wheel.set(two, wheel.now + 100);
      wheel.set(four, wheel.now);
      wheel.set(three, wheel.now + 150);
      three.onFire = undefined;
    };
    walk(300);
    expect(fired).toEqual(['3@1100', '4@1150', '2@1200', '3@1250']);
  });
});

/** The first tick at or after `at`: by then a deadline has fired. */
function dueBy(at: number): number {
  return Math.ceil(at / tickMs) * tickMs;
}

/** What the wheel did wrong in one round of random steps, held against a plain map of deadlines. */
function differences(random: Prng): string[] {
  const startsAt = random.below(100_000) + random.next();
  const { wheel, fired, entry, leap } = createWheel(startsAt);
  const entries = Array.from({ length: 40 }, (_, name) => entry(name));
  const model = new Map<Noted, number>();
  const wrong: string[] = [];
  let now = startsAt;

  function advance(ms: number): void {
    const before = fired.length;
    now += ms;
    leap(ms);
    for (const name of fired.slice(before).map((text) => Number(text.split('@')[0]))) {
      const at = model.get(entries[name]);
      if (at === undefined || at > now) wrong.push(`${name} fired at ${now}, not at ${at}`);
      model.delete(entries[name]);
    }
    for (const [{ name }, at] of model) if (dueBy(at) <= now) wrong.push(`${name} of ${at} has not fired at ${now}`);
  }

  for (let step = 0; step < 400; step++) {
    const one = random.pick(entries);
    const action = random.below(10);
    if (action < 6) {
      const at = now + random.pick([1, 10, 49, 50, 51, 300, 5_000, 25_600, 70_000]) + random.next();
      wheel.set(one, at);
      model.set(one, at);
    } else if (action < 8) {
      if (action === 6) wheel.remove(one);
      else wheel.set(one, Infinity);
      model.delete(one);
    } else {
      advance(random.pick([1, 20, 50, 130, 2_000, 60_000]));
    }
  }
  return wrong;
}

test('a wheel does what a sorted list would do', () => {
  const seed = seedOfRun();
  const random = createPrng(seed);
  for (let round = 0; round < 20; round++) expect(differences(random), `SEED=${seed} round ${round}`).toEqual([]);
});
