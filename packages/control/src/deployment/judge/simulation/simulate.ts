import { analysisConfig } from '@sluice/model';
import type { Judge } from './judges/judge.ts';
import { createRandom } from './random.ts';
import { countSecond } from './truth.ts';
import type { Truth } from './truth.ts';

/** The candidate's shares in percent, for 300 s each: the default phases. */
export const shares = [10, 50, 100] as const;
const phaseSeconds = 300;
const maxExtensionSeconds = analysisConfig.parse({}).maxExtension / 1000;

/** How a deployment ended. */
export interface End {
  readonly outcome: 'completed' | 'rolledBack' | 'asked';
  /** From the onset to the end. */
  readonly seconds: number;
  /** Requests of the candidate from the onset to the end. */
  readonly requests: number;
  readonly phase: number;
}

/** Runs one deployment with a known truth. The same seed gives the same requests. */
export function simulate(truth: Truth, judge: Judge, seed: number): End {
  const random = createRandom(seed, `${truth.name}, ${truth.service}, ${truth.rate}`);
  let [phase, inPhase, requests] = [0, 0, 0];
  for (let second = 0; ; second += 1) {
    const percentage = shares[phase] ?? 100;
    const { stable, candidate } = truth.nature(second);
    const candidateRate = (truth.rate * percentage) / 100;
    const block = {
      stable: countSecond(stable, truth.rate - candidateRate, random),
      candidate: countSecond(candidate, candidateRate, random),
    };
    inPhase += 1;
    const { requests: answered, aborted, rejected } = block.candidate;
    if (second >= truth.onset) requests += answered + aborted + rejected;
    const end = (outcome: End['outcome']): End => ({ outcome, seconds: second + 1 - truth.onset, requests, phase });
    const verdict = judge.judge({ block, phase, percentage, isOver: inPhase >= phaseSeconds });
    if (verdict === 'rollBack') return end('rolledBack');
    if (inPhase < phaseSeconds) continue;
    if (verdict === 'hold') {
      if (inPhase >= phaseSeconds + maxExtensionSeconds) return end('asked');
    } else if (phase === shares.length - 1) {
      return end('completed');
    } else {
      [phase, inPhase] = [phase + 1, 0];
    }
  }
}
