import type { NodeReport } from '@sluice/model';

/** In characters. A bus refuses messages of more than 1 MB. */
const mostCharacters = 700_000;

/**
 * Makes a report small enough for the bus. Counts of deployments come first, since decisions depend on them; when there
 * are hundreds, each gets its turn. Statistics come again, and most of 5,000 backends fit.
 */
export function fitForBus(report: NodeReport): NodeReport {
  let left = mostCharacters;
  const fits = (characters: number): boolean => {
    left -= characters;
    return left > 0;
  };
  const splits = inTurn(report.splits, report.sequence).filter((split) => fits(JSON.stringify(split).length + 1));
  const unhealthy = report.unhealthy.filter(({ backendId }) => fits(120 + backendId.length));
  const routes = report.routes.filter(({ routeId }) => fits(120 + routeId.length));
  const breakers = report.breakers.filter(({ routeId, backendId }) => fits(120 + routeId.length + backendId.length));
  const backends = report.backends.filter(({ backendId }) => fits(150 + backendId.length));
  // Whoever has the report has noted the uses.
  return { ...report, keyUses: [], splits, unhealthy, routes, breakers, backends };
}

/** Begins at another item each time. */
function inTurn<T>(items: readonly T[], sequence: number): readonly T[] {
  const start = items.length === 0 ? 0 : (sequence * 97) % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
