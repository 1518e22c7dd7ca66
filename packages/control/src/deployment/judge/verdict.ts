import type { Immutable } from '@sluice/model';
import type { VerdictResource } from '@sluice/model/api';

/** A verdict as it is stored and answered. The candidate is called canary there. */
export type VerdictDocument = Immutable<VerdictResource>;

/** What one version did in a stretch of time; latencies in milliseconds, 0 without requests. */
export type SideFigures = VerdictDocument['stable'];

/** The result of one check. Evidence is given as odds, which have to reach `needed`. */
export type CheckResult = VerdictDocument['checks'][number];

/** One measure of both versions side by side. Shares are 0 to 1, latencies in milliseconds. */
export type Difference = NonNullable<VerdictDocument['differences']>[number];

/** The result of comparing both versions once. */
export type Verdict = Omit<VerdictDocument, 'canary' | 'window'> & {
  /** Since the phase began. */
  readonly candidate: SideFigures;
  /** In the latest window. */
  readonly window: { readonly seconds: number; readonly stable: SideFigures; readonly candidate: SideFigures };
  /** Set when it holds because something has not been seen at all yet. Not stored. */
  readonly missing?: 'requests' | 'gateResult' | undefined;
};

/** The form in which a verdict is stored and answered. */
export function verdictDocument({ candidate, window, missing: _missing, ...rest }: Verdict): VerdictDocument {
  const { seconds, stable, candidate: canary } = window;
  return { ...rest, canary: candidate, window: { seconds, stable, canary } };
}

/** Reads a verdict out of its document. */
export function verdictIn({ canary, window, ...rest }: VerdictDocument): Verdict {
  const { seconds, stable, canary: candidate } = window;
  return { ...rest, candidate: canary, window: { seconds, stable, candidate } };
}
