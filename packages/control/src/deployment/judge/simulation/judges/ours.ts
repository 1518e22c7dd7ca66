import { analysisConfig } from '@sluice/model';
import { addCounts, emptyCounts, figuresOf, giveVerdict, judge } from '../../index.ts';
import type { Baseline, JudgeState } from '../../index.ts';
import type { Truth } from '../truth.ts';
import type { Judge } from './judge.ts';

/** The judge of this repository; what is not given of its settings is the default. */
export function createOurs(analysis: Truth['analysis']): Judge {
  const settings = { ...analysisConfig.parse({}), ...analysis };
  let state: JudgeState | undefined;
  let whole = emptyCounts;
  let phaseNow = 0;
  let baseline: Baseline = 'live';
  return {
    judge({ block, phase, percentage, isOver }) {
      if (phase !== phaseNow) {
        if (percentage === 100) baseline = { past: figuresOf(whole.stable) };
        [phaseNow, whole] = [phase, emptyCounts];
      }
      whole = addCounts(whole, block);
      const judgement = judge({ state, epoch: phase, block, whole, settings, baseline });
      ({ state } = judgement);
      // Before the phase is over only a rollback matters, so the figures of the verdict are not computed.
      if (!isOver && judgement.checks.every(({ result }) => result !== 'worse')) return 'hold';
      const { verdict } = giveVerdict({
        ...judgement,
        gates: [],
        gateLimits: new Map(),
        isLast: percentage === 50,
        isOver,
        at: '',
        phaseIndex: phase,
        percentage,
        settings,
        whole,
        window: block,
        windowSeconds: 1,
        baseline,
      });
      return verdict === 'ask' ? 'hold' : verdict;
    },
  };
}
