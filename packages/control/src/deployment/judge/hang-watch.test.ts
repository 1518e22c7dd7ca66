import { describe, expect, test } from 'vitest';
import { HangWatch } from './hang-watch.ts';
import { Observation } from '../observation.ts';
import { begin, planned } from '../testing/parts.ts';
import { start } from '../progress.ts';
import { noCounts } from '@sluice/model';
import type { SplitCounts, VersionCounts } from '@sluice/model';

const counts = (requests: number, inFlight = 0): VersionCounts => ({
  ...noCounts,
  requests,
  inFlight,
  latencies: requests === 0 ? [] : [[100, requests]],
});

describe('requests that do not end', () => {
  test('are found when they have been waited for', () => {
    const watch = new HangWatch();
    const at = (second: number, whole: SplitCounts) => watch.update(whole, second * 1000);
    expect(at(0, { stable: counts(0), candidate: counts(0) })).toEqual([0, 0, 0, 0]);
    expect(at(5, { stable: counts(50), candidate: counts(0, 10) })).toEqual([0, 0, 0, 0]);
    expect(at(14, { stable: counts(140), candidate: counts(0, 28) })).toEqual([0, 0, 0, 0]);
    expect(at(15, { stable: counts(150, 1), candidate: counts(0, 30) })).toEqual([50, 1, 10, 10]);
    expect(watch.whole).toEqual([50, 1, 10, 10]);
  });

  test('are none when as many have ended since as there were', () => {
    const watch = new HangWatch();
    watch.update({ stable: counts(0), candidate: counts(0) }, 0);
    watch.update({ stable: counts(50), candidate: counts(5, 5) }, 5_000);
    expect(watch.update({ stable: counts(150), candidate: counts(20, 10) }, 15_000)).toEqual([50, 0, 10, 0]);
  });

  test('that the stable version has too count for it', () => {
    const watch = new HangWatch();
    watch.update({ stable: counts(0), candidate: counts(0) }, 0);
    watch.update({ stable: counts(0, 50), candidate: counts(0, 10) }, 5_000);
    expect(watch.update({ stable: counts(0, 150), candidate: counts(0, 30) }, 15_000)).toEqual([50, 50, 10, 10]);
  });
});

describe('a deployment', () => {
  const phases = [{ trafficPercentage: 10, duration: '1h' }, { trafficPercentage: 100 }];
  const cause = { at: new Date(begin).toISOString(), by: 'anna' };
  const running = start(planned({ phases }), cause, { revision: 1, hasNodes: true }).deployment;

  /** What every look says, with so many requests a second on both sides; how many of them are under way by now. */
  function looks(seconds: number, at: (second: number) => SplitCounts) {
    const observation = new Observation(running.epoch);
    let deployment = running;
    return Array.from({ length: seconds }, (_, second) => {
      const look = { whole: at(second), gates: [], now: begin + second * 1000 };
      deployment = observation.observe(deployment, look);
      return deployment.verdict!;
    });
  }

  test('whose candidate hangs for everybody is held, and rolled back before anybody gives up', () => {
    const seen = looks(90, (second) => ({ stable: counts(90 * second, 3), candidate: counts(0, 10 * second) }));
    expect(seen[3]).toMatchObject({
      verdict: 'hold',
      explanation: 'No backend of the candidate has answered since the phase began: 30 are under way.',
    });
    const end = seen.find(({ verdict }) => verdict === 'rollBack');
    expect(end?.explanation).toMatch(
      /^The candidate left unanswered 100 % of its latest \d+ requests, the stable version/,
    );
  });

  test('of which both versions are slow alike is not rolled back for that', () => {
    const slow = (perSecond: number, second: number): VersionCounts =>
      counts(perSecond * Math.max(0, second - 20), perSecond * Math.min(20, second));
    const seen = looks(200, (second) => ({ stable: slow(90, second), candidate: slow(10, second) }));
    expect(seen.some(({ verdict }) => verdict === 'rollBack')).toBe(false);
  });
});
