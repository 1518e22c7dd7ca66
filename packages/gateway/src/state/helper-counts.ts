/** What policies ask servers for, as metrics tell them apart. */
export const helperKinds = ['introspection', 'external', 'oidc', 'jwks'] as const;
/** `skipped`: not asked, because it had failed several times in a row or too many questions waited for it. */
export const helperOutcomes = ['answered', 'failed', 'skipped'] as const;

export type HelperKind = (typeof helperKinds)[number];
export type HelperOutcome = (typeof helperOutcomes)[number];

/** How many counts there are. */
export const helperPlaces = helperKinds.length * helperOutcomes.length;

/** How often policies asked their helpers, over all threads of a node. */
export class HelperCounts {
  readonly #counts: BigInt64Array;

  constructor(memory: SharedArrayBuffer) {
    this.#counts = new BigInt64Array(memory);
  }

  count(kind: HelperKind, outcome: HelperOutcome): void {
    Atomics.add(this.#counts, placeOf(kind, outcome), 1n);
  }

  of(kind: HelperKind, outcome: HelperOutcome): number {
    return Number(Atomics.load(this.#counts, placeOf(kind, outcome)));
  }
}

function placeOf(kind: HelperKind, outcome: HelperOutcome): number {
  return helperKinds.indexOf(kind) * helperOutcomes.length + helperOutcomes.indexOf(outcome);
}
