import { matchFields } from '@sluice/model';
import type { DeploymentsConfig, RouteDocument } from '@sluice/model';
import { isDeepStrictEqual } from 'node:util';
import type { ChangeOf } from '../configuration/index.ts';
import { overlap } from './overlap.ts';

/** The part of the configuration that is about environments. */
export type EnvironmentConfig = Readonly<Pick<DeploymentsConfig, 'environment'>> & {
  readonly approvalFor: readonly string[];
};

/** A change of a route, by a deployment or directly. */
export type RouteChange = Pick<ChangeOf<'route'>, 'entityId' | 'before' | 'after'>;

/** The environment of a route; that of the gateway when the route has none. */
export function environmentOf(
  route: RouteDocument | undefined,
  { environment }: Pick<EnvironmentConfig, 'environment'>,
): string {
  return route?.environment ?? environment;
}

/** Whether another person has to approve changes of an environment. Upper and lower case are the same. */
export function isGuarded(environment: string, { approvalFor }: Pick<EnvironmentConfig, 'approvalFor'>): boolean {
  return approvalFor.some((one) => one.toLowerCase() === environment.toLowerCase());
}

/**
 * The environment that a change of a route affects. It is the guarded one when the route enters or leaves one, or may take
 * requests away from a route of one: otherwise a second route would be a way around the approval.
 */
export function environmentOfChange(
  { entityId, before, after }: RouteChange,
  routes: () => readonly RouteDocument[],
  config: EnvironmentConfig,
): string {
  const [from, to] = [environmentOf(before, config), environmentOf(after ?? before, config)];
  if (isGuarded(from, config)) return from;
  if (isGuarded(to, config) || after === undefined || !after.isEnabled) return to;
  if (
    before !== undefined &&
    [...matchFields, 'isEnabled' as const].every((field) => isDeepStrictEqual(before[field], after[field]))
  )
    return to;
  const other = routes().find(
    (one) => one.routeId !== entityId && isGuarded(environmentOf(one, config), config) && overlap(one, after),
  );
  return other === undefined ? to : environmentOf(other, config);
}
