import type { SideFigures } from './verdict.ts';

/**
 * What a candidate is compared with: the stable version beside it; the past figures of the stable version, once the
 * candidate has all traffic; or nothing. In the last case failures are compared with none, and latencies with `maxP99` only.
 */
export type Baseline = 'live' | { readonly past: SideFigures } | 'none';

/** How often something happened while the stable version still served. */
export type PastRate = { readonly requests: number; readonly hits: number };

/** The share of hits; 0 without requests. */
export function rateOf({ requests, hits }: PastRate): number {
  return requests === 0 ? 0 : hits / requests;
}

/**
 * The upper bound of the true rate, which holds 199 times in 200 (Wilson's interval). It is higher for fewer requests, so that
 * uncertainty is not held against a candidate. 0 without requests: then there is nothing to compare with.
 */
export function highestRate(past: PastRate): number {
  const { requests } = past;
  if (requests === 0) return 0;
  const rate = rateOf(past);
  const z = 2.576;
  const spread = z * Math.sqrt((rate * (1 - rate)) / requests + (z * z) / (4 * requests * requests));
  return Math.min(1, (rate + (z * z) / (2 * requests) + spread) / (1 + (z * z) / requests));
}
