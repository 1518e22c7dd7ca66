import { analysisConfig, latencyBucketOf, noCounts } from '@sluice/model';
import { describe, expect, test } from 'vitest';
import type { SplitCounts, VersionCounts } from '@sluice/model';
import { addCounts, emptyCounts } from './counts.ts';
import { figuresOf } from './figures.ts';
import { judge } from './judge.ts';
import type { Judgement } from './judge.ts';
import type { Baseline } from './past-rate.ts';
import type { JudgeState } from './judge-state.ts';
import { logNormal, scaled } from './simulation/latency-law.ts';
import type { LatencyLaw } from './simulation/latency-law.ts';
import { createRandom } from './simulation/random.ts';
import { countSecond } from './simulation/truth.ts';

const side = (requests: number, failures: number, ms: number): VersionCounts => ({
  ...noCounts,
  requests,
  failures,
  clientErrors: failures,
  latencies: requests === 0 ? [] : [[latencyBucketOf(ms), requests]],
});

function lookAt(
  blocks: readonly SplitCounts[],
  given: Parameters<typeof analysisConfig.parse>[0] = {},
  baseline: Baseline = 'live',
): Judgement {
  const settings = analysisConfig.parse(given);
  let whole = emptyCounts;
  let state: JudgeState | undefined;
  let last: Judgement | undefined;
  for (const block of blocks) {
    whole = addCounts(whole, block);
    last = judge({ state, epoch: 1, block, whole, settings, baseline });
    // As it comes back from the store.
    state = JSON.parse(JSON.stringify(last.state)) as JudgeState;
  }
  if (last === undefined) throw new Error('nothing to look at');
  return last;
}

const resultOf = ({ checks }: Judgement, name: string): string | undefined =>
  checks.find((check) => check.name === name)?.result;
const repeat = (times: number, block: SplitCounts): SplitCounts[] => Array.from({ length: times }, () => block);

describe('judge', () => {
  test('is a pure function: the same look gives the same answer', () => {
    const block = { stable: side(100, 1, 50), candidate: side(100, 20, 50) };
    const settings = analysisConfig.parse({});
    const input = { state: undefined, epoch: 1, block, whole: block, settings, baseline: 'live' } as const;
    expect(judge(input)).toEqual(judge(input));
  });

  test('stays finite and small at extremes, and its state survives the store', () => {
    const extremes = [side(1e9, 1e9, 1e7), side(1e9, 0, 0), side(1, 1, 1), noCounts];
    for (const stable of extremes) {
      for (const candidate of extremes) {
        for (const baseline of ['live', 'none', { past: figuresOf(stable) }] as const) {
          const judgement = lookAt(repeat(30, { stable, candidate }), { maxErrorRate: 0, maxP99: '1ms' }, baseline);
          expect(JSON.parse(JSON.stringify(judgement))).toEqual(judgement);
          expect(JSON.stringify(judgement.state)).not.toContain('null');
          expect(JSON.stringify(judgement.state).length).toBeLessThan(4000);
        }
      }
    }
  });

  test('takes one look alone for no proof, however bad it is', () => {
    const healthy = repeat(30, { stable: side(1000, 5, 50), candidate: side(1000, 5, 50) });
    const pause = { stable: side(1000, 5, 50), candidate: side(1000, 300, 5000) };
    expect(resultOf(lookAt([...healthy, pause]), 'errors')).toBe('open');
    expect(resultOf(lookAt([...healthy, pause]), 'latency')).toBe('open');
    expect(resultOf(lookAt([...healthy, ...repeat(5, pause)]), 'errors')).toBe('worse');
    expect(resultOf(lookAt([...healthy, ...repeat(10, pause)]), 'latency')).toBe('worse');
  });

  test('minds no difference that is well within the limit, however certain it is', () => {
    const block = { stable: side(100_000, 100, 50), candidate: side(100_000, 900, 50) };
    const judgement = lookAt(repeat(100, block));
    expect(resultOf(judgement, 'errors')).toBe('fine');
  });

  test('judges absolute limits when they are set', () => {
    const block = { stable: side(1000, 30, 400), candidate: side(1000, 30, 400) };
    const exceeded = lookAt(repeat(20, block), { maxErrorRate: 0.01, maxP99: '300ms' });
    expect(resultOf(exceeded, 'errors')).toBe('fine');
    expect(resultOf(exceeded, 'absoluteErrors')).toBe('worse');
    expect(resultOf(exceeded, 'absoluteLatency')).toBe('worse');
    const kept = lookAt(repeat(20, block), { maxErrorRate: 0.1, maxP99: '600ms' });
    expect(resultOf(kept, 'absoluteErrors')).toBe('fine');
    expect(resultOf(kept, 'absoluteLatency')).toBe('fine');
  });

  test('has nothing to compare with for a route that is new: failures beyond the limit are worse', () => {
    const failing = lookAt(repeat(10, { stable: noCounts, candidate: side(100, 30, 50) }), {}, 'none');
    expect(resultOf(failing, 'errors')).toBe('worse');
    expect(failing.checks.map(({ name }) => name)).toEqual(['errors', 'clientErrors', 'refusals', 'aborts']);
    expect(failing.enough).toBe(true);
  });

  test('takes a slower stable version that was hardly seen for no reason to call the candidate slow', () => {
    const past = figuresOf(side(100, 0, 50));
    const judgement = lookAt(repeat(20, { stable: noCounts, candidate: side(100, 0, 200) }), {}, { past });
    expect(resultOf(judgement, 'latency')).not.toBe('worse');
  });

  test('explains itself with the numbers', () => {
    const block = { stable: side(100, 0, 50), candidate: side(100, 8, 50) };
    expect(lookAt(repeat(12, block)).checks[0]?.explanation).toBe(
      'The candidate failed 8 % of its latest 1,200 requests, the stable version 0 % of 1,200: worse by 8 points, at odds of more than a million to 1; the limit is 5 points.',
    );
    const even = { stable: side(100, 1, 50), candidate: side(100, 1, 50) };
    expect(lookAt(repeat(12, even)).checks[0]?.explanation).toMatch(
      /^The candidate failed 1 % of 1,200 requests, the stable version 1 % of 1,200: within the 5 points allowed, at odds of [\d,]+ to 1\.$/,
    );
  });

  describe('with few requests', () => {
    const random = createRandom(5, 'few');
    const both = (law: LatencyLaw, other: LatencyLaw, requests: number): SplitCounts => ({
      stable: countSecond({ errorRate: 0, latency: law }, requests, random),
      candidate: countSecond({ errorRate: 0, latency: other }, requests, random),
    });
    const latencyIn = ({ checks }: Judgement) => checks.find(({ name }) => name === 'latency');
    const law = logNormal(1);

    test('says about how many more requests it takes, and less as they come', () => {
      const blocks = Array.from({ length: 80 }, () => both(law, law, 40));
      const forecasts = [20, 40, 60, 80].map((seconds) => latencyIn(lookAt(blocks.slice(0, seconds))));
      const open = forecasts.filter((check) => check?.moreRequests !== undefined);
      expect(open.length).toBeGreaterThan(1);
      for (const check of open) {
        expect(check?.result).toBe('open');
        expect(check?.moreRequests).toBeGreaterThan(0);
      }
      // Nobody knows when it is no longer open, or when the figures are beyond the limit.
      const bad = latencyIn(lookAt(Array.from({ length: 20 }, () => both(law, scaled(law, 1.6), 40))));
      expect(bad).not.toHaveProperty('moreRequests');
    });

    test('p95 stands in between odds of 100 and those needed, and the sentence says so', () => {
      let found: ReturnType<typeof latencyIn>;
      let [whole, state] = [emptyCounts, undefined as JudgeState | undefined];
      for (let second = 0; second < 400 && found?.standIn === undefined; second += 1) {
        const block = both(law, law, 20);
        whole = addCounts(whole, block);
        const judgement = judge({
          state,
          epoch: 1,
          block,
          whole,
          settings: analysisConfig.parse({}),
          baseline: 'live',
        });
        ({ state } = judgement);
        found = latencyIn(judgement);
      }
      expect(found).toMatchObject({ result: 'open', withinLimit: true, standIn: { percentile: 95, instead: 100 } });
      expect(found?.evidenceOfSafety).toBeGreaterThanOrEqual(100);
      expect(found?.evidenceOfSafety).toBeLessThan(250);
      expect(found?.standIn?.evidenceOfSafety).toBeGreaterThanOrEqual(250);
      expect(found?.explanation).toMatch(
        /The p95 stands in for the rest: \d+ ms against \d+ ms, within the same limit at odds of .+\. So 100 to 1 is enough for the p99 when the phase is over\.$/,
      );
    });

    test('keeps what the stable version was like for the bets of the next epoch, and drops nothing of it', () => {
      const settings = analysisConfig.parse({});
      const counted = both(law, law, 500);
      const first = judge({ state: undefined, epoch: 1, block: counted, whole: counted, settings, baseline: 'live' });
      expect(first.state.latency.known?.before).toEqual([]);
      const block = both(law, law, 10);
      const next = judge({ state: first.state, epoch: 2, block, whole: block, settings, baseline: 'live' });
      expect(next.state.latency.known?.before).toEqual(counted.stable.latencies);
    });

    test('a candidate that became slower lately is not fine, however good it was before', () => {
      const good = Array.from({ length: 100 }, () => both(law, law, 100));
      expect(latencyIn(lookAt(good))?.result).toBe('fine');
      const lately = [...good, ...Array.from({ length: 5 }, () => both(law, scaled(law, 1.5), 100))];
      const check = latencyIn(lookAt(lately));
      expect(check?.evidenceOfSafety).toBeGreaterThan(250);
      expect(check?.result).not.toBe('fine');
      expect(check).not.toHaveProperty('standIn');
    });
  });
});
