import type { Figure } from '../figures.ts';
import { renderFigure, renderMachine } from '../report.ts';
import { renderTable } from '../table.ts';
import { nothing } from './observe-load.ts';
import type { ObserveCell, ObserveResult } from './observe-result.ts';

const title = '1 KB GET, 64 connections';
const header = [title, 'CPU µs/request', 'added µs', '× nothing', 'spread', 'requests/s', 'errors'];

/** Renders a result for people: a row for each load, and the figures against what they must be. */
export function renderObserved(result: ObserveResult): string {
  const figures = observeFigures(result);
  return [
    renderMachine(result),
    renderTable([header, ...result.observed.map(renderCell)]),
    ...(figures.length === 0
      ? []
      : [renderTable([['figure', 'measured', 'must', 'aim', ''], ...figures.map(renderFigure)])]),
  ].join('\n\n');
}

/** What the project has set itself. */
export function observeFigures({ observed }: ObserveResult): Figure[] {
  return observed.flatMap(({ title: what, ratioToNothing, limit }) =>
    limit === undefined ? [] : [{ title: what, unit: '× nothing', measured: ratioToNothing, ...limit }],
  );
}

/** What went wrong: answers that are errors. Figures that fall short are not in it. */
export function observeFaults({ observed }: ObserveResult): string[] {
  return observed.filter(({ errors }) => errors > 0).map(({ title: what, errors }) => `${what}: ${errors} errors`);
}

function renderCell({ id, title: what, ...cell }: ObserveCell): string[] {
  return [
    what,
    cell.cpuMicrosPerRequest.toFixed(1),
    id === nothing ? '' : cell.addedMicros.toFixed(2),
    cell.ratioToNothing.toFixed(3),
    id === nothing ? '' : `${(cell.ratioSpread * 100).toFixed(0)} %`,
    cell.requestsPerSecond.toFixed(0),
    cell.errors === 0 ? '0' : `${cell.errors} !`,
  ];
}
