import type { Figure } from '../figures.ts';
import { renderFigure, renderMachine } from '../report.ts';
import { renderTable } from '../table.ts';
import { bare } from './loads.ts';
import type { PolicyCell, PolicyResult } from './policy-result.ts';

const header = ['1 KB GET, 64 connections', 'CPU µs/request', 'added µs', 'spread', '× nginx', 'requests/s', 'errors'];

/** Renders a result for people: a row for each policy, and the figures against what they must be. */
export function renderPolicies(result: PolicyResult): string {
  const figures = policyFigures(result);
  return [
    renderMachine(result),
    renderTable([header, ...result.policies.map(renderCell)]),
    ...(figures.length === 0
      ? []
      : [renderTable([['figure', 'measured', 'must', 'aim', ''], ...figures.map(renderFigure)])]),
  ].join('\n\n');
}

/** What the project has set itself. */
export function policyFigures({ policies }: PolicyResult): Figure[] {
  const limited = policies.flatMap(({ title, ratioToNginx, limit }) =>
    limit === undefined ? [] : [{ title, unit: '× nginx', measured: ratioToNginx, ...limit }],
  );
  const cpuOf = (id: string): number | undefined => policies.find((cell) => cell.id === id)?.cpuMicrosPerRequest;
  const [now, before] = [cpuOf(bare), cpuOf('before')];
  if (now === undefined || before === undefined) return limited;
  return [...limited, { title: 'no policy', unit: '× before', measured: now / before, must: 1.03, aim: 1 }];
}

/** What went wrong: answers that are errors. Figures that fall short are not in it. */
export function policyFaults({ policies }: PolicyResult): string[] {
  return policies.filter(({ errors }) => errors > 0).map(({ title, errors }) => `${title}: ${errors} errors`);
}

function renderCell({
  title,
  cpuMicrosPerRequest,
  addedMicros,
  cpuSpread,
  ratioToNginx,
  ...cell
}: PolicyCell): string[] {
  return [
    title,
    cpuMicrosPerRequest.toFixed(1),
    cell.id.startsWith('nginx') || ['before', bare].includes(cell.id) ? '' : addedMicros.toFixed(1),
    `${(cpuSpread * 100).toFixed(0)} %`,
    ratioToNginx.toFixed(2),
    cell.requestsPerSecond.toFixed(0),
    cell.errors === 0 ? '0' : `${cell.errors} !`,
  ];
}
