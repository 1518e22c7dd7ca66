/** A count with its thousands apart: `12,204`; from ten millions on `12.2 M`. */
export function formatCount(count: number): string {
  return count < 10_000_000 ? count.toLocaleString('en-US') : `${(count / 1_000_000).toFixed(1)} M`;
}

/** A share of 0 to 100: `10 %`, `0.01 %`. */
export function formatShare(percentage: number): string {
  return `${Math.round(percentage * 100) / 100} %`;
}

/** A rate of 0 to 1 as percent, with the digits that count: `0 %`, `0.02 %`, `8.1 %`, `12 %`. */
export function formatRate(rate: number): string {
  const percent = rate * 100;
  if (percent === 0) return '0 %';
  if (percent < 0.005) return '<0.01 %';
  if (percent < 0.095) return `${percent.toFixed(2)} %`;
  return percent < 9.95 ? `${percent.toFixed(1)} %` : `${Math.round(percent)} %`;
}

/** Milliseconds with the digits that count: `0.4 ms`, `12 ms`, `1.2 s`. */
export function formatLatency(milliseconds: number): string {
  if (milliseconds < 9.95) return `${milliseconds.toFixed(1)} ms`;
  return milliseconds < 999.5 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** A stretch of time as a clock shows it: `0:08`, `1:02:03`, `2 d 03:04`. Never negative. */
export function formatClock(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days} d ${two(hours)}:${two(minutes)}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
