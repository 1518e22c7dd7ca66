import { analysisConfig, noCounts } from '@sluice/model';
import { describe, expect, test } from 'vitest';
import type { GateResult } from '../gates/gate-result.ts';
import type { CheckResult } from './verdict.ts';
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
  const { verdict, explanation } = giveVerdict({
    checks: [fine],
    enough: true,
    gates: [],
    gateLimits: new Map(changes.gates?.map(({ name }) => [name, 2])),
    isLast: false,
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
  return `${verdict}: ${explanation}`;
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
