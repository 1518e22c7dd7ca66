import type { Explanation } from '@sluice/model';
import { errorCodes } from '@sluice/model/errors';
import type { CompiledRoute } from '../compile/snapshot.ts';
import type { ConsideredRoute, RoutableRequest, RouteTable } from '../route/index.ts';

type Routes = Pick<Explanation, 'routes' | 'moreRoutes'>;
type Table = RouteTable<CompiledRoute>;
type Considered = ConsideredRoute<CompiledRoute>;
type Told = Explanation['routes'][number];

/** The routes that were looked at, and why each but `found` was passed by. */
export function explainRoutes(table: Table, facts: RoutableRequest, found: CompiledRoute | undefined): Routes {
  const { routes, isCut } = table.considered(facts);
  const winner = routes.find(({ route }) => route === found);
  const told = routes.map((one): Told => {
    const route = one.route.name;
    if (one.route === found) return { route, outcome: 'matched', explanation: 'it takes the request' };
    if (one.unmet !== undefined) return { route, outcome: 'notMet', by: one.unmet.by, explanation: unmetText(one) };
    return winner === undefined
      ? { route, outcome: 'beaten', explanation: 'a more specific route takes the request' }
      : { route, outcome: 'beaten', ...reasonOf(one, winner) };
  });
  if (found !== undefined && winner === undefined)
    told.unshift({ route: found.name, outcome: 'matched', explanation: 'it takes the request' });
  return { routes: told, moreRoutes: isCut };
}

/** No route takes the request: its answer, and the routes that have its path on other hosts. */
export function explainUnrouted(
  table: Table,
  facts: RoutableRequest,
): Pick<Explanation, 'outcome'> & Partial<Explanation> {
  const allowed = table.allowedMethods(facts);
  if (allowed.length > 0) {
    const { status } = errorCodes.METHOD_NOT_ALLOWED;
    const explanation = `routes take this path with ${allowed.join(', ')}, and none with ${facts.method}`;
    return { outcome: { kind: 'answered', status, code: 'METHOD_NOT_ALLOWED', explanation } };
  }
  const { routes, moreRoutes } = explainRoutes(table, facts, undefined);
  const known = new Set(routes.map(({ route }) => route));
  const elsewhere = table
    .onOtherHosts(facts)
    .filter(({ name }) => !known.has(name))
    .map(({ name, hosts }): Told => {
      const explanation = `its path fits, but it is for ${hosts.length === 0 ? 'any host' : hosts.join(', ')}`;
      return { route: name, outcome: 'notMet', by: 'host', explanation };
    });
  const { status } = errorCodes.NOT_FOUND;
  const outcome = { kind: 'answered', status, code: 'NOT_FOUND', explanation: 'no route takes the request' } as const;
  return { routes: [...routes, ...elsewhere], moreRoutes, outcome };
}

function unmetText({ route, unmet }: Considered): string {
  if (unmet?.by === 'method') return `it takes ${route.methods.join(', ')} only`;
  const what = unmet?.by === 'header' ? 'header' : 'query parameter';
  return `it wants the ${what} ${unmet?.name ?? ''}, which is absent or has another value`;
}

/** Why a route that would take the request comes after the winner: by the order of `RouteTable.find`. */
function reasonOf(loser: Considered, winner: Considered): Pick<Told, 'by' | 'explanation'> {
  const { name } = winner.route;
  if (loser.host !== winner.host) return { by: 'host', explanation: `the host of ${name} is more specific` };
  if (loser.set !== winner.set) return { by: 'path', explanation: `the path pattern of ${name} is more specific` };
  if (conditionsOf(loser) !== conditionsOf(winner))
    return { by: 'conditions', explanation: `${name} has more conditions on headers and the query` };
  if (loser.route.priority !== winner.route.priority)
    return {
      by: 'priority',
      explanation: `${name} has priority ${winner.route.priority}, it has ${loser.route.priority}`,
    };
  return { by: 'name', explanation: `all else is equal, and ${name} comes first by name` };
}

function conditionsOf({ rule }: Considered): number {
  return rule.headers.length + rule.query.length;
}
