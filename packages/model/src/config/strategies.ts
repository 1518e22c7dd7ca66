/** How a route chooses among its backends. */
export const strategies = [
  'RoundRobin',
  'WeightedRoundRobin',
  'LeastConnections',
  'IPHash',
  'HeaderBased',
  'Random',
  'LeastResponseTime',
  'Direct',
] as const;

/** The name of a strategy. */
export type Strategy = (typeof strategies)[number];

/** The methods of RFC 9110 and RFC 5789 that a route may name; other upper-case tokens are allowed too. */
export const httpMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'] as const;
