import { figuresOf } from '../../index.ts';
import type { SideFigures } from '../../verdict.ts';
import type { Judge } from './judge.ts';
import { everyInterval } from './intervals.ts';

const metrics: readonly ((figures: SideFigures) => number)[] = [
  ({ errorRate }) => errorRate,
  ({ p99Latency }) => p99Latency,
];
const tolerance = 0.25;
/** Two-sided confidence of 0.98. */
const z = 2.326;
const samplesPerJudgement = 6;
const leastSamples = 12;

/**
 * Models Kayenta's judge: every 10 s give one sample of the error rate and one of p99 for each side. Every minute, from two
 * minutes on, it classifies both metrics as Kayenta's MannWhitneyClassifier does: a metric is high when the whole confidence
 * interval of the shift is above a quarter of its estimate (Hodges and Lehmann). One high metric fails the canary.
 */
export function createMannWhitney(): Judge {
  let sides: { stable: SideFigures; candidate: SideFigures }[] = [];
  let phaseNow = 0;
  return everyInterval((counts, phase) => {
    if (phase !== phaseNow) [phaseNow, sides] = [phase, []];
    sides.push({ stable: figuresOf(counts.stable), candidate: figuresOf(counts.candidate) });
    if (sides.length < leastSamples || sides.length % samplesPerJudgement !== 0) return false;
    return metrics.some((metric) => {
      const stable = sides.map((side) => metric(side.stable));
      const candidate = sides.map((side) => metric(side.candidate));
      return isHigh(stable, candidate);
    });
  });
}

/** Whether the candidate's samples are high. */
export function isHigh(stable: readonly number[], candidate: readonly number[]): boolean {
  const shifts = candidate.flatMap((own) => stable.map((other) => own - other)).toSorted((a, b) => a - b);
  const [m, n] = [candidate.length, stable.length];
  const rank = Math.max(1, Math.round((m * n) / 2 - z * Math.sqrt((m * n * (m + n + 1)) / 12)));
  const lowest = shifts[rank - 1] ?? 0;
  const estimate = ((shifts[Math.floor((m * n - 1) / 2)] ?? 0) + (shifts[Math.ceil((m * n - 1) / 2)] ?? 0)) / 2;
  return lowest > tolerance * Math.abs(estimate);
}
