/** The traps of judging candidates that other tools fall into, one test each. */
import { analysisConfig, latencyBucketOf, noCounts } from '@sluice/model';
import { describe, expect, test } from 'vitest';
import type { CheckResult } from './verdict.ts';
import type { SplitCounts, VersionCounts } from '@sluice/model';
import { addCounts, emptyCounts } from './counts.ts';
import { figuresOf } from './figures.ts';
import { giveVerdict } from './give-verdict.ts';
import { judge } from './judge.ts';
import type { Baseline } from './past-rate.ts';
import type { JudgeState } from './judge-state.ts';
import { heavyTailed, logNormal, slowTail } from './simulation/latency-law.ts';
import { createRandom } from './simulation/random.ts';
import { countSecond } from './simulation/truth.ts';

type Look = { readonly verdict: string; readonly checks: readonly CheckResult[]; readonly explanation: string };

/** A deployment that is looked at block by block; looks on until the blocks end. */
function lookAt(
  blocks: Iterable<SplitCounts>,
  given: Parameters<typeof analysisConfig.parse>[0] = {},
  baseline: Baseline = 'live',
): Look[] {
  const settings = analysisConfig.parse(given);
  let state: JudgeState | undefined;
  let whole = emptyCounts;
  return Array.from(blocks, (block) => {
    whole = addCounts(whole, block);
    const { checks, enough, ...rest } = judge({ state, epoch: 1, block, whole, settings, baseline });
    ({ state } = rest);
    const verdict = giveVerdict({
      checks,
      enough,
      gates: [],
      gateLimits: new Map(),
      isLast: true,
      isOver: false,
      at: '2026-11-21T07:00:00.000Z',
      phaseIndex: 0,
      percentage: 50,
      settings,
      whole,
      window: block,
      windowSeconds: 1,
      baseline,
    });
    return { verdict: verdict.verdict, checks, explanation: verdict.explanation };
  });
}

const side = (requests: number, failures: number, ms = 50): VersionCounts => ({
  ...noCounts,
  requests,
  failures,
  latencies: requests === 0 ? [] : [[latencyBucketOf(ms), requests]],
});

const repeat = (times: number, block: SplitCounts): SplitCounts[] => Array.from({ length: times }, () => block);

const lost = (aborted: number, requests = 0): VersionCounts => ({ ...side(requests, 0), aborted });

describe('clients that give up', () => {
  test('on everything the candidate gets are no missing requests: it is rolled back', () => {
    const looks = lookAt(repeat(20, { stable: side(90, 0), candidate: lost(10) }));
    expect(looks[0]).toMatchObject({
      verdict: 'hold',
      explanation: 'No backend of the candidate has answered since the phase began: clients gave up on 10.',
    });
    const end = looks.find(({ verdict }) => verdict === 'rollBack');
    expect(looks.indexOf(end!)).toBeLessThan(15);
    expect(end?.explanation).toMatch(
      /^Clients of the candidate gave up on 100 % of its latest \d+ requests, the stable/,
    );
  });

  test('on the stable version just as often say nothing against the candidate', () => {
    const looks = lookAt(repeat(100, { stable: lost(30, 60), candidate: lost(3, 7) }));
    expect(looks.some(({ verdict }) => verdict === 'rollBack')).toBe(false);
    expect(looks.at(-1)?.checks).toContainEqual(expect.objectContaining({ name: 'aborts', result: 'fine' }));
  });

  test('more often, but not surely so, hold what would otherwise go on to everybody', () => {
    const looks = lookAt(repeat(12, { stable: lost(1, 99), candidate: lost(1, 9) }), { minRequests: 100 });
    expect(looks.at(-1)?.verdict).toBe('hold');
  });

  test('are left out where that is wanted', () => {
    const looks = lookAt(repeat(20, { stable: side(90, 0), candidate: lost(10) }), { dryRun: ['aborts'] });
    expect(looks.at(-1)?.verdict).toBe('hold');
  });
});

describe('a candidate whose rules refuse its callers', () => {
  const refusing = (rejected: number, requests = 0): VersionCounts => ({ ...side(requests, 0), rejected });

  test('all of them: it is rolled back, although no backend was asked', () => {
    const looks = lookAt(repeat(20, { stable: side(90, 0), candidate: refusing(10) }));
    expect(looks[0]).toMatchObject({
      verdict: 'hold',
      explanation: 'No backend of the candidate has answered since the phase began: the gateway refused 10.',
    });
    const end = looks.find(({ verdict }) => verdict === 'rollBack');
    expect(looks.indexOf(end!)).toBeLessThan(15);
    expect(end?.explanation).toMatch(
      /^The candidate refused 100 % of its latest \d+ requests, the stable version 0 % of \d+: worse by 100 points,/,
    );
  });

  test('a fifth of them: it is rolled back, however well it serves the others', () => {
    const looks = lookAt(repeat(120, { stable: side(90, 0), candidate: refusing(2, 8) }));
    expect(looks.some(({ verdict }) => verdict === 'rollBack')).toBe(true);
  });

  test('as often as the stable version does, or a little more often: nothing speaks against it', () => {
    for (const rejected of [20, 21]) {
      const looks = lookAt(repeat(100, { stable: refusing(20, 80), candidate: refusing(rejected, 100 - rejected) }));
      expect(looks.some(({ verdict }) => verdict === 'rollBack')).toBe(false);
      expect(looks.at(-1)?.checks).toContainEqual(expect.objectContaining({ name: 'refusals', result: 'fine' }));
    }
  });

  test('on purpose: a dry run lets it through', () => {
    const stricter = repeat(100, { stable: side(90, 0), candidate: refusing(30, 70) });
    expect(lookAt(stricter).at(-1)?.verdict).toBe('rollBack');
    expect(lookAt(stricter, { dryRun: ['refusals'] }).at(-1)?.verdict).toBe('promote');
  });

  test('with all traffic: it is compared with what the stable version refused', () => {
    const past = figuresOf(refusing(100, 900));
    const alike = lookAt(repeat(30, { stable: noCounts, candidate: refusing(12, 88) }), {}, { past });
    expect(alike.at(-1)?.verdict).toBe('promote');
    const worse = lookAt(repeat(30, { stable: noCounts, candidate: refusing(60, 40) }), {}, { past });
    expect(worse.some(({ verdict }) => verdict === 'rollBack')).toBe(true);
  });
});

function* traffic(
  seconds: number,
  make: (second: number) => {
    stable: Parameters<typeof countSecond>[0];
    candidate: Parameters<typeof countSecond>[0];
    rate: number;
  },
): Generator<SplitCounts> {
  const random = createRandom(7, 'traps');
  for (let second = 0; second < seconds; second += 1) {
    const { stable, candidate, rate } = make(second);
    yield { stable: countSecond(stable, rate, random), candidate: countSecond(candidate, rate, random) };
  }
}

const latency = logNormal(0.5);

describe('judging', () => {
  test('trap 1: no data holds, however long it is looked at', () => {
    const looks = lookAt(repeat(1000, emptyCounts));
    expect(looks.every(({ verdict }) => verdict === 'hold')).toBe(true);
    const without = lookAt(repeat(50, { stable: side(100, 0), candidate: noCounts }));
    expect(without.every(({ verdict }) => verdict === 'hold')).toBe(true);
    expect(without.at(-1)?.explanation).toBe('No requests have reached the candidate since the phase began.');
  });

  test('trap 1: no data changes nothing of what was known before', () => {
    const settings = analysisConfig.parse({});
    const block = { stable: side(500, 2), candidate: side(500, 3) };
    const before = judge({ state: undefined, epoch: 1, block, whole: block, settings, baseline: 'live' });
    const after = judge({
      state: before.state,
      epoch: 1,
      block: emptyCounts,
      whole: block,
      settings,
      baseline: 'live',
    });
    expect(after.checks).toEqual(before.checks);
    expect({ ...after.state, looks: 1 }).toEqual(before.state);
  });

  test('trap 2: too little traffic decides nothing, either way', () => {
    const failing = lookAt(repeat(9, { stable: side(100, 0), candidate: side(10, 10) }));
    expect(failing.every(({ verdict }) => verdict === 'hold')).toBe(true);
    expect(lookAt(repeat(10, { stable: side(100, 0), candidate: side(10, 10) })).at(-1)?.verdict).toBe('rollBack');
    const alone = lookAt(repeat(9, { stable: side(10, 0), candidate: side(5000, 0) }));
    expect(alone.every(({ verdict }) => verdict === 'hold')).toBe(true);
  });

  test('trap 2: enough requests are no proof yet that all traffic may go over', () => {
    const blocks = traffic(60, () => ({
      stable: { errorRate: 0.01, latency },
      candidate: { errorRate: 0.01, latency },
      rate: 5,
    }));
    expect(lookAt(blocks).at(-1)?.verdict).toBe('hold');
  });

  test('trap 3: looking every second raises no false alarm', () => {
    // A test at 1 in 100 that is made anew at each of 3,000 looks would raise one almost surely.
    const nature = { errorRate: 0.02, latency };
    const looks = lookAt(traffic(3000, () => ({ stable: nature, candidate: nature, rate: 50 })));
    expect(looks.some(({ verdict }) => verdict === 'rollBack')).toBe(false);
    expect(looks.at(-1)?.verdict).toBe('promote');
  });

  test('trap 4: blips of long ago do not add up', () => {
    const blips = traffic(1800, (second) => ({
      stable: { errorRate: 0.002, latency },
      candidate: { errorRate: second % 60 === 0 ? 0.2 : 0.002, latency },
      rate: 20,
    }));
    const looks = lookAt(blips);
    expect(looks.some(({ verdict }) => verdict === 'rollBack')).toBe(false);
    expect(looks.at(-1)?.verdict).toBe('promote');
  });

  test('trap 4: a long healthy time does not hide what begins late', () => {
    const blocks = traffic(1230, (second) => ({
      stable: { errorRate: 0.002, latency },
      candidate: { errorRate: second < 1200 ? 0.002 : 0.08, latency },
      rate: 100,
    }));
    const looks = lookAt(blocks);
    const found = looks.findIndex(({ verdict }) => verdict === 'rollBack');
    expect(found).toBeGreaterThanOrEqual(1200);
    expect(found).toBeLessThan(1210);
    // Over the whole phase the candidate is still far within the limit: the sentence is about the stretch that is not.
    expect(looks[found]?.explanation).toMatch(/^The candidate failed \d+(?:\.\d+)? % of its latest [\d,]+ requests/);
  });

  test('trap 5: what hits both versions at once is not the candidate’s fault', () => {
    const looks = lookAt(
      traffic(300, (second) => {
        const both =
          second >= 100 && second < 200 ? { errorRate: 0.4, latency: heavyTailed } : { errorRate: 0.001, latency };
        return { stable: both, candidate: both, rate: 100 };
      }),
    );
    expect(looks.some(({ verdict }) => verdict === 'rollBack')).toBe(false);
  });

  test('trap 5: once it has all traffic, the candidate is compared with what the stable version was like', () => {
    const past = figuresOf(countSecond({ errorRate: 0.01, latency }, 5000, createRandom(3, 'past')));
    const random = createRandom(4, 'alone');
    const alone = (errorRate: number): SplitCounts[] =>
      Array.from({ length: 60 }, () => ({
        stable: noCounts,
        candidate: countSecond({ errorRate, latency }, 100, random),
      }));
    expect(lookAt(alone(0.01), {}, { past }).at(-1)?.verdict).toBe('promote');
    expect(lookAt(alone(0.15), {}, { past }).some(({ verdict }) => verdict === 'rollBack')).toBe(true);
  });

  test('trap 6: a slower tail is found while the middle is the same', () => {
    const slow = slowTail(latency, 1.8);
    const looks = lookAt(
      traffic(120, () => ({
        stable: { errorRate: 0, latency },
        candidate: { errorRate: 0, latency: slow },
        rate: 200,
      })),
    );
    const last = looks.find(({ verdict }) => verdict === 'rollBack');
    expect(last?.checks.find(({ name }) => name === 'latency')?.result).toBe('worse');
  });

  test('trap 12: aborted, rejected and 4xx requests are no failures of the candidate', () => {
    const candidate = { ...side(100, 0), aborted: 500, rejected: 500, clientErrors: 60 };
    const looks = lookAt(repeat(60, { stable: { ...side(100, 0), aborted: 500, rejected: 500 }, candidate }));
    expect(looks.some(({ verdict }) => verdict === 'rollBack')).toBe(false);
    const shown = looks.at(-1)?.checks.find(({ name }) => name === 'clientErrors');
    expect(shown).toMatchObject({ result: 'worse', dryRun: true });
  });

  test('trap 12: 4xx answers count when there is a limit for them', () => {
    const candidate = { ...side(100, 0), clientErrors: 60 };
    const looks = lookAt(repeat(10, { stable: side(100, 0), candidate }), { clientErrorIncrease: 0.1 });
    expect(looks.at(-1)?.verdict).toBe('rollBack');
    expect(looks.at(-1)?.explanation).toMatch(/answered 4xx to 60 %/);
  });
});
