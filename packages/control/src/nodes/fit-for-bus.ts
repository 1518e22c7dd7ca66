import type { NodeReport } from '@sluice/model';

/** A bus refuses messages of more than 1 MB. In characters. */
const mostCharacters = 700_000;

/**
 * Leaves out of a report what is too much for the bus. Counts of deployments go first, since decisions rest on them: of
 * hundreds each gets its turn. Statistics come again, and of 5,000 backends most fit.
 */
export function fitForBus(report: NodeReport): NodeReport {
  let left = mostCharacters;
  const fits = (characters: number): boolean => {
    left -= characters;
    return left > 0;
  };
  const splits = inTurn(report.splits, report.sequence).filter((split) => fits(JSON.stringify(split).length + 1));
  const unhealthy = report.unhealthy.filter(({ backendId }) => fits(120 + backendId.length));
  return { ...report, splits, unhealthy, routes: report.routes.filter(({ routeId }) => fits(120 + routeId.length)) };
}

/** Begins elsewhere each time. */
function inTurn<T>(items: readonly T[], sequence: number): readonly T[] {
  const start = items.length === 0 ? 0 : (sequence * 97) % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
