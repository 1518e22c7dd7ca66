import type { Result } from './result.ts';

/** One figure that the project has set itself: at most `must`, wanted at most `aim`. */
export interface Figure {
  readonly title: string;
  readonly unit: string;
  readonly measured: number;
  readonly must: number;
  readonly aim: number;
}

const megabyte = 1024 * 1024;

/** Picks the figures out of a result; what was not measured in that run is left out. */
export function figuresOf(result: Result): Figure[] {
  const { latency, memory, scale, swaps } = result;
  const figures: Figure[] = [
    ...ratio(result, '1k-64', 1.7, 1.1),
    ...ratio(result, '1k-512', 1.5, 0.9),
    ...ratio(result, '100k-64', 1.5, 1),
    ...ratio(result, 'tls-1k-64', 1.15, 1),
    ...ratio(result, 'tls-100k-64', 1.25, 1.05),
    ...ratio(result, 'tls-new-32', 1.3, 1.15),
  ];
  figures.push(...controlPlane(result));
  const added = latency?.through['sluice'];
  if (added) {
    const measured = added.addedP99Micros / 1000;
    figures.push({ title: 'p99 added at half of the maximum load', unit: 'ms', measured, must: 5, aim: 1 });
  }
  if (memory) {
    const idle = `${memory.connections} idle connections more`;
    figures.push({
      title: 'memory at rest, 2 workers',
      unit: 'MB',
      measured: memory.restBytes / megabyte,
      must: 180,
      aim: 90,
    });
    figures.push({ title: idle, unit: 'MB', measured: memory.addedByIdleBytes / megabyte, must: 150, aim: 75 });
  }
  for (const { routes, medianMs } of result.fileChange ?? []) {
    figures.push({ title: `file change live, ${routes} routes`, unit: 'ms', measured: medianMs, must: 200, aim: 50 });
  }
  if (scale) {
    const size = `${scale.routes} routes, ${scale.backends} backends`;
    const page = { title: `slowest page of a list, ${size}`, unit: 'ms', measured: scale.slowestPageMs };
    figures.push({ ...page, must: 100, aim: 50 });
    const change = { title: `one change live, ${size}`, unit: 'ms', measured: scale.medianChangeMs };
    figures.push({ ...change, must: 50, aim: 25 });
  }
  if (swaps) {
    const title = `wrong or dropped of ${swaps.requests} answers over ${swaps.swaps} swaps`;
    figures.push({ title, unit: '', measured: swaps.wrong + swaps.dropped, must: 0, aim: 0 });
  }
  return figures;
}

/** What a figure amounts to, in a word. */
export function verdict({ measured, must, aim }: Figure): 'aim met' | 'must met' | 'short' {
  if (measured <= aim) return 'aim met';
  return measured <= must ? 'must met' : 'short';
}

function ratio({ throughput }: Result, caseId: string, must: number, aim: number): Figure[] {
  const cell = throughput.find((candidate) => candidate.peer === 'sluice' && candidate.caseId === caseId);
  if (!cell || cell.ratioToNginx === null) return [];
  return [{ title: `CPU per request, ${caseId}`, unit: '× nginx', measured: cell.ratioToNginx, must, aim }];
}

/**
 * What a control plane in the same process costs: the geometric mean, over the loads, of the ratio of both medians. A load
 * alone says little, since rounds differ by more than what is looked for; the table has each of them.
 */
function controlPlane({ throughput }: Result): Figure[] {
  const ratios = throughput.flatMap(({ caseId, peer, cpuMicrosPerRequest }) => {
    const whole = throughput.find((cell) => cell.peer === 'sluice' && cell.caseId === caseId);
    return peer === 'sluice-alone' && whole !== undefined ? [whole.cpuMicrosPerRequest / cpuMicrosPerRequest] : [];
  });
  if (ratios.length === 0) return [];
  const measured = Math.exp(ratios.reduce((sum, one) => sum + Math.log(one), 0) / ratios.length);
  return [{ title: 'CPU per request with a control plane', unit: '× without', measured, must: 1.03, aim: 1 }];
}
