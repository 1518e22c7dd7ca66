import { policyStride } from './layout.ts';
import type { NodeMemory } from './layout.ts';
import type { SharedFloats } from './shared-count.ts';

/** What is counted by route: a policy, and what became of a request there. */
export const policyOutcomes = [
  'authorization allowed',
  'authorization refused',
  'authorization would_refuse',
  'authorization rule_failed',
] as const;

/** One of {@link policyOutcomes}. */
export type PolicyOutcome = (typeof policyOutcomes)[number];

/** The place of an outcome, to be looked up once. */
export function placeOfOutcome(outcome: PolicyOutcome): number {
  return policyOutcomes.indexOf(outcome);
}

/** What the policies of one worker count: plain writes with one writer, as in `Telemetry`. */
export class PolicyCounts {
  readonly #counts: SharedFloats;

  /** The main thread, which runs no policies, counts nothing. */
  constructor(memory: NodeMemory, workerIndex: number) {
    this.#counts = new Float64Array(memory.telemetry[workerIndex]?.policies ?? new SharedArrayBuffer(0));
  }

  /** Counts a request on a route slot, at the place of its outcome. */
  add(slot: number, place: number): void {
    this.#counts[slot * policyStride + place] += 1;
  }
}
