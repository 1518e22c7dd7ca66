/** 1204 as 1,204. */
export function numberText(value: number): string {
  const text = value.toFixed(0);
  return text.length < 4 ? text : text.replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

/** 0.0814 as 8.1 %, small shares with more digits. */
export function percentText(rate: number): string {
  return `${digits(rate * 100)} %`;
}

/** 0.05 as 5 points. */
export function pointsText(difference: number): string {
  const value = digits(difference * 100);
  return `${value} ${value === '1' ? 'point' : 'points'}`;
}

/** Milliseconds with three significant digits: 0.412 ms, 41.2 ms, 4,120 ms. */
export function millisecondsText(ms: number): string {
  return `${ms >= 100 ? numberText(ms) : String(Number(ms.toPrecision(3)))} ms`;
}

/** A length of time in one unit: 40 s, 12 min, 3 h. */
export function longText(seconds: number): string {
  if (seconds < 90) return `${numberText(seconds)} s`;
  const minutes = seconds / 60;
  return minutes < 90 ? `${numberText(minutes)} min` : `${numberText(minutes / 60)} h`;
}

/** Requests per second with two significant digits. */
export function rateText(rate: number): string {
  return rate >= 100 ? numberText(rate) : String(Number(rate.toPrecision(2)));
}

/** Odds, rounded: 250 to 1. */
export function oddsText(odds: number): string {
  if (odds >= 1e6) return 'more than a million to 1';
  const rounded = odds < 10 ? Math.max(1, Math.floor(odds)) : Math.floor(Number(odds.toPrecision(2)));
  return `${numberText(rounded)} to 1`;
}

function digits(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 99.95) return value.toFixed(0);
  return String(Number(value.toFixed(size >= 0.1 ? 1 : size >= 0.01 ? 2 : 3)));
}
