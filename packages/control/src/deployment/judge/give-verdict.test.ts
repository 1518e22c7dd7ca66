import { analysisConfig, noCounts } from '@sluice/model';
import { describe, expect, test } from 'vitest';
import type { GateResult } from '../gates/gate-result.ts';
import type { CheckResult, Verdict } from './verdict.ts';
import { emptyCounts } from './counts.ts';
import { giveVerdict } from './give-verdict.ts';
import type { VerdictInput } from './give-verdict.ts';

const fine: CheckResult = {
  name: 'errors',
  result: 'fine',
  dryRun: false,
  withinLimit: true,
  evidenceOfHarm: 0.1,
  evidenceOfSafety: 900,
  needed: 250,
  explanation: 'The candidate failed as often.',
};
const open: CheckResult = { ...fine, name: 'latency', result: 'open', explanation: 'Not clear yet.' };
const worse: CheckResult = { ...fine, result: 'worse', withinLimit: false, explanation: 'The candidate failed more.' };
const gate: GateResult = {
  name: 'basket',
  result: 'pass',
  dryRun: false,
  failuresInARow: 0,
  at: '2026-11-21T07:00:00.000Z',
  explanation: 'basket is 3.',
};

function verdictOf(changes: Partial<VerdictInput>): string {
  const { verdict, explanation } = verdictIn(changes);
  return `${verdict}: ${explanation}`;
}

function verdictIn(changes: Partial<VerdictInput>): Verdict {
  return giveVerdict({
    checks: [fine],
    enough: true,
    gates: [],
    gateLimits: new Map(changes.gates?.map(({ name }) => [name, 2])),
    isLast: false,
    isOver: false,
    at: '2026-11-21T07:00:00.000Z',
    phaseIndex: 0,
    percentage: 10,
    settings: analysisConfig.parse({}),
    whole: emptyCounts,
    window: emptyCounts,
    windowSeconds: 60,
    baseline: 'live',
    ...changes,
  });
}

describe('a verdict', () => {
  test('promotes when nothing speaks against it', () => {
    expect(verdictOf({})).toBe('promote: Nothing counts against the candidate. The candidate failed as often.');
  });

  test('rolls back for one check that is worse, whatever the others say, and tells of the clearest', () => {
    const clearer = { ...worse, evidenceOfHarm: 1e6, explanation: 'Much slower.' };
    expect(verdictOf({ checks: [fine, { ...worse, evidenceOfHarm: 300 }, clearer] })).toBe('rollBack: Much slower.');
  });

  test('leaves a dry run out of account', () => {
    expect(verdictOf({ checks: [fine, { ...worse, dryRun: true }] })).toMatch(/^promote/);
    expect(verdictOf({ checks: [fine, { ...open, dryRun: true, withinLimit: false }], isLast: true })).toMatch(
      /^promote/,
    );
  });

  test('goes on within the limits, but not to all traffic before that is certain', () => {
    expect(verdictOf({ checks: [fine, open] })).toMatch(/^promote/);
    expect(verdictOf({ checks: [fine, open], isLast: true })).toBe('hold: Not clear yet.');
    expect(verdictOf({ checks: [{ ...open, withinLimit: false }] })).toBe('hold: Not clear yet.');
  });

  test('a percentile that stands in closes its check when the phase is over, and is told', () => {
    const standIn = { percentile: 95, evidenceOfSafety: 900, instead: 100 };
    const slow = { ...open, standIn, explanation: 'The p95 stands in.' };
    expect(verdictOf({ checks: [fine, slow], isLast: true })).toBe('hold: The p95 stands in.');
    expect(verdictOf({ checks: [fine, slow], isLast: true, isOver: true })).toBe(
      'promote: Nothing counts against the candidate. The candidate failed as often. The p95 stands in.',
    );
    expect(verdictOf({ checks: [fine, { ...slow, withinLimit: false }], isLast: true, isOver: true })).toMatch(/^hold/);
    expect(verdictOf({ checks: [fine, slow, open], isLast: true, isOver: true })).toBe('hold: Not clear yet.');
  });

  describe('says what is open, and how much longer that takes', () => {
    const window = { ...emptyCounts, candidate: { ...noCounts, requests: 120 } };
    const held = (changes: Partial<VerdictInput>) => {
      const { stillOpen, explanation } = verdictIn({ window, isLast: true, ...changes });
      return { stillOpen, explanation };
    };

    test('at the traffic of the window', () => {
      expect(held({ checks: [fine, { ...open, moreRequests: 1_432 }] })).toEqual({
        explanation:
          'Not clear yet. It takes about 1,400 more requests of the candidate, about 12 min more at 2 requests/s.',
        stillOpen: { checks: ['latency'], moreRequests: 1_400, moreSeconds: 716 },
      });
    });

    test('by the check that takes longest, and not when one of them says nothing', () => {
      const [short, long] = [100, 20_000].map((moreRequests) => ({ ...open, moreRequests }));
      expect(held({ checks: [short, long] }).stillOpen).toEqual({
        checks: ['latency', 'latency'],
        moreRequests: 20_000,
        moreSeconds: 10_000,
      });
      expect(held({ checks: [short, open] })).toEqual({
        explanation: 'Not clear yet.',
        stillOpen: { checks: ['latency', 'latency'] },
      });
    });

    test('when there are too few requests, also where none comes', () => {
      const whole = { stable: { ...noCounts, requests: 1200 }, candidate: { ...noCounts, requests: 40 } };
      expect(held({ enough: false, whole }).stillOpen).toEqual({ checks: [], moreRequests: 60, moreSeconds: 30 });
      expect(held({ enough: false, whole, window: emptyCounts }).stillOpen).toEqual({ checks: [], moreRequests: 60 });
    });

    test('not while a gate is what holds it, or when it goes on', () => {
      expect(held({ gates: [{ ...gate, result: 'noData' }] }).stillOpen).toBeUndefined();
      expect(held({}).stillOpen).toBeUndefined();
    });
  });

  test('asks for no proof that cannot be had any more once all traffic has gone over', () => {
    expect(verdictOf({ checks: [open], isLast: true, baseline: 'none' })).toMatch(/^promote/);
  });

  test('holds while there are too few requests, and says how many there are', () => {
    const whole = { stable: { ...noCounts, requests: 1200 }, candidate: { ...noCounts, requests: 40 } };
    expect(verdictOf({ enough: false, whole })).toBe(
      'hold: The candidate has had 40 requests in this phase, the stable version 1,200; 100 are needed before anything is decided.',
    );
    expect(verdictOf({ enough: false })).toBe('hold: No requests have reached the candidate since the phase began.');
  });

  test('rolls back for a gate that failed often enough in a row, and holds before', () => {
    const failing: GateResult = { ...gate, result: 'fail', explanation: 'basket is 1, below 2.' };
    expect(verdictOf({ gates: [{ ...failing, failuresInARow: 1 }] })).toBe('hold: basket is 1, below 2.');
    expect(verdictOf({ gates: [{ ...failing, failuresInARow: 2 }] })).toBe('rollBack: basket is 1, below 2.');
    expect(verdictOf({ gates: [{ ...failing, failuresInARow: 2, dryRun: true }] })).toMatch(/^promote/);
  });

  test('holds for a gate without data, or without an answer at all', () => {
    expect(verdictOf({ gates: [{ ...gate, result: 'noData', explanation: 'No series.' }] })).toBe('hold: No series.');
    expect(verdictOf({ gateLimits: new Map([['basket', 1]]) })).toBe('hold: No answer of the gate basket yet.');
  });
});
