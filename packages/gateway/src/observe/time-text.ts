let second = Number.NaN;
let start = '';

/** ISO 8601 of milliseconds since 1970. perf: most lines are of the same second as the one before (`access-log.bench.ts`). */
export function isoTime(at: number): string {
  const current = Math.floor(at / 1000);
  if (current !== second) {
    start = new Date(current * 1000).toISOString().slice(0, -4);
    second = current;
  }
  return `${start}${String(Math.floor(at) - current * 1000).padStart(3, '0')}Z`;
}
