export { captures } from './captures.ts';
export { hasDotSegment, isNormalPath, normalisePath } from './normalise-path.ts';
export type { NormalisedPath } from './normalise-path.ts';
export type { RoutableRequest } from './routable-request.ts';
export type { Matchable } from './rule.ts';
export type { ConsideredRoute } from './table.ts';
export { RouteTable } from './table.ts';
