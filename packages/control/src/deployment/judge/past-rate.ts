/** What the stable version was like while it still served. */
export type PastRate = { readonly requests: number; readonly hits: number };

/** Share of the requests; 0 without any. */
export function rateOf({ requests, hits }: PastRate): number {
  return requests === 0 ? 0 : hits / requests;
}

/**
 * The rate that the true one exceeds 1 time in 200 only (Wilson's interval): of few requests less is known, and what is
 * not known is not held against a candidate. 0 without any requests: then there is nothing to be compared with.
 */
export function highestRate(past: PastRate): number {
  const { requests } = past;
  if (requests === 0) return 0;
  const rate = rateOf(past);
  const z = 2.576;
  const spread = z * Math.sqrt((rate * (1 - rate)) / requests + (z * z) / (4 * requests * requests));
  return Math.min(1, (rate + (z * z) / (2 * requests) + spread) / (1 + (z * z) / requests));
}
