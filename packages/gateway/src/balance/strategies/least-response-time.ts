import { isEligible } from '../strategy.ts';
import type { ChoosableBackend, Choose } from '../strategy.ts';

/** One choice in so many is by turns: a backend that was slow once must be measured again, or it would never be chosen. */
const remeasureEvery = 256;

/**
 * The usable backend with the least latency × (exchanges in flight + 1) for its weight; equal ones take turns.
 *
 * A backend that has not been measured comes first while it is idle. While its first exchanges run it counts as slow as
 * the slowest known one: otherwise one that never answers would draw all traffic.
 */
export function leastResponseTime<C extends ChoosableBackend>(backends: readonly C[], random: () => number): Choose<C> {
  let last = Math.floor(random() * backends.length) - 1;
  let choices = 0;
  return function chooseLeastResponseTime(_facts, tried) {
    choices = choices + 1 < remeasureEvery ? choices + 1 : 0;
    const byTurns = choices === 0;
    const assumed = slowest(backends);
    let best: C | undefined;
    let bestAt = last;
    let bestScore = Infinity;
    let at = last;
    for (let steps = 0; steps < backends.length; steps++) {
      at = at + 1 < backends.length ? at + 1 : 0;
      const backend = backends[at];
      if (!isEligible(backend, tried)) continue;
      const score = byTurns ? 0 : expectedWait(backend, assumed) / backend.weight;
      if (score < bestScore) {
        best = backend;
        bestAt = at;
        bestScore = score;
      }
    }
    last = bestAt;
    return best;
  };
}

function expectedWait(backend: ChoosableBackend, assumed: number): number {
  const active = backend.active();
  const measured = backend.latencyMs();
  if (measured === 0) return active === 0 ? 0 : assumed * (active + 1);
  return measured * (active + 1);
}

function slowest(backends: readonly ChoosableBackend[]): number {
  let result = 0;
  for (let at = 0; at < backends.length; at++) result = Math.max(result, backends[at].latencyMs());
  return result === 0 ? 1 : result;
}
