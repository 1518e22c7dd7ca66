import type { Period } from '@sluice/model/metrics';
import type { Severity } from './rule.ts';

/** Two windows over which the error budget burns too fast. */
export interface BurnRate {
  /** Long enough that what burns matters. */
  readonly long: Period;
  /** A twelfth of it: the alert ends soon after the trouble. */
  readonly short: Period;
  /** How many times faster than the objective allows. */
  readonly factor: number;
  readonly severity: Severity;
}

/** The windows of all alerts of an objective. */
export interface BurnRates {
  /** The window of the rates that are recorded. All others are means of these. */
  readonly base: Period;
  /** How often they are evaluated. */
  readonly interval: Period;
  readonly rates: readonly BurnRate[];
}

/**
 * Those of the Google SRE workbook for an objective over 30 days (https://sre.google/workbook/alerting-on-slos/, "Multiwindow,
 * Multi-Burn-Rate Alerts"): a page when 2 % of the budget are gone in one hour or 5 % in six, a ticket when 10 % are gone in
 * one day or in three.
 */
export const workbookBurnRates: BurnRates = {
  base: '5m',
  interval: '30s',
  rates: [
    { long: '1h', short: '5m', factor: 14.4, severity: 'critical' },
    { long: '6h', short: '30m', factor: 6, severity: 'critical' },
    { long: '1d', short: '2h', factor: 3, severity: 'warning' },
    { long: '3d', short: '6h', factor: 1, severity: 'warning' },
  ],
};

/** Every window, each once. */
export function windowsOf({ rates }: BurnRates): readonly Period[] {
  return [...new Set(rates.flatMap(({ short, long }) => [short, long]))];
}
