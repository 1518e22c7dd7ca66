const hourMs = 3_600_000;

/** A window for limits that does not end within the next hour: all windows of a length end at the same moments for everybody. */
export function longWindow(): string {
  const isEarly = (hours: number): boolean => Date.now() % (hours * hourMs) < (hours - 1) * hourMs;
  return isEarly(744) ? '744h' : '743h';
}
