const levels = '▁▂▃▄▅▆▇█';

/** The newest values as a row of bars, as tall as their part of `top`; a gap where there was no value. */
export function sparkline(
  values: readonly (number | undefined)[],
  { width, top }: { width: number; top: number },
): string {
  return values
    .slice(-width)
    .map((value) => (value === undefined ? ' ' : levels[levelOf(value, top)]))
    .join('')
    .padStart(width);
}

function levelOf(value: number, top: number): number {
  return top <= 0 ? 0 : Math.min(levels.length - 1, Math.floor((value / top) * levels.length));
}
