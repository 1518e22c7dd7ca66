import { policyStride } from './layout.ts';
import type { NodeMemory } from './layout.ts';
import type { SharedFloats } from './shared-count.ts';

/** The methods of authentication, each of which is counted as a policy. */
const methods = ['apiKey', 'basic', 'external', 'introspection', 'jwt', 'mtls', 'oidc'] as const;
/** `let_through` without an identity; `answered` by the method itself, such as with a redirect to a login. */
const methodOutcomes = ['identified', 'refused', 'unavailable', 'answered', 'let_through'] as const;

type MethodOutcome = `${(typeof methods)[number]} ${(typeof methodOutcomes)[number]}`;

/**
 * What is counted by route: a policy, and what became of a request there. A policy of the user's own is `own`, and has a slot
 * of its own.
 */
export const policyOutcomes = [
  'authorization allowed',
  'authorization refused',
  'authorization would_refuse',
  'authorization rule_failed',
  'own answered',
  'own failed',
  'own timed_out',
  'authentication anonymous',
  'authentication missing',
  ...methods.flatMap((method) => methodOutcomes.map((outcome): MethodOutcome => `${method} ${outcome}`)),
] as const;

/** One of {@link policyOutcomes}. */
export type PolicyOutcome = (typeof policyOutcomes)[number];

/** The place of an outcome. */
export function placeOfOutcome(outcome: PolicyOutcome): number {
  return places.get(outcome) ?? -1;
}

const places: ReadonlyMap<PolicyOutcome, number> = new Map(policyOutcomes.map((outcome, place) => [outcome, place]));

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
