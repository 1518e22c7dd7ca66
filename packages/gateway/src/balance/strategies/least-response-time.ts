import { isEligible } from '../candidate.ts';
import type { Candidate, Choose } from '../candidate.ts';

/** One choice in so many goes by turns: a backend that was slow once must be measured again or it never comes back. */
const remeasureEvery = 256;

/**
 * The usable backend with the least latency × (exchanges in flight + 1) for its weight; equal ones take turns.
 *
 * A backend that has not been measured comes first while it is idle. While its first exchanges run it counts as slow as
 * the slowest known one: otherwise one that never answers would draw all traffic.
 */
export function leastResponseTime<C extends Candidate>(candidates: readonly C[], random: () => number): Choose<C> {
  let last = Math.floor(random() * candidates.length) - 1;
  let choices = 0;
  return function chooseLeastResponseTime(_facts, tried) {
    choices = choices + 1 < remeasureEvery ? choices + 1 : 0;
    const byTurns = choices === 0;
    const assumed = slowest(candidates);
    let best: C | undefined;
    let bestAt = last;
    let bestScore = Infinity;
    let at = last;
    for (let steps = 0; steps < candidates.length; steps++) {
      at = at + 1 < candidates.length ? at + 1 : 0;
      const candidate = candidates[at];
      if (!isEligible(candidate, tried)) continue;
      const score = byTurns ? 0 : expectedWait(candidate, assumed) / candidate.weight;
      if (score < bestScore) {
        best = candidate;
        bestAt = at;
        bestScore = score;
      }
    }
    last = bestAt;
    return best;
  };
}

function expectedWait(candidate: Candidate, assumed: number): number {
  const active = candidate.active();
  const measured = candidate.latencyMs();
  if (measured === 0) return active === 0 ? 0 : assumed * (active + 1);
  return measured * (active + 1);
}

function slowest(candidates: readonly Candidate[]): number {
  let result = 0;
  for (let at = 0; at < candidates.length; at++) result = Math.max(result, candidates[at].latencyMs());
  return result === 0 ? 1 : result;
}
