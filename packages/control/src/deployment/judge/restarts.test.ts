import { describe, expect, test } from 'vitest';
import { bet, noBets, oddsOf } from './restarts.ts';

const weights = [0.5, 0.5];

describe('bets that are put down anew', () => {
  test('never stake more than there is: factors of 1 leave odds of 1', () => {
    let bets = noBets(2);
    for (let look = 0; look < 20_000; look += 1) bets = bet(bets, [0, 0], 25);
    expect(oddsOf(bets, weights)).toBeCloseTo(1, 6);
    expect(bets.kept).toBeGreaterThan(0);
  });

  test('find harm that begins after a long healthy time', () => {
    let bets = noBets(2);
    for (let look = 0; look < 600; look += 1) bets = bet(bets, [-1, -2], 25);
    expect(oddsOf(bets, weights)).toBeLessThan(1);
    let looks = 0;
    while (oddsOf(bets, weights) < 250) {
      bets = bet(bets, [1, -2], 25);
      looks += 1;
    }
    // Without restarts it would take the 600 looks to come back to where it began.
    expect(looks).toBeLessThan(20);
  });

  test('wait for some requests before they are put down anew', () => {
    let bets = noBets(2);
    for (let look = 0; look < 100; look += 1) bets = bet(bets, [0, 0], 1);
    expect(bets.begun).toBe(5);
  });

  test('stay finite and can be kept as JSON', () => {
    let bets = noBets(2);
    for (let look = 0; look < 100; look += 1) bets = bet(bets, [1e6, -1e6], 1000);
    expect(Number.isFinite(oddsOf(bets, weights))).toBe(true);
    expect(JSON.parse(JSON.stringify(bets))).toEqual(bets);
  });
});
