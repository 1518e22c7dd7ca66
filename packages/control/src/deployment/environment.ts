import { matchFields } from '@sluice/model';
import type { DeliveryConfig, RouteDocument } from '@sluice/model';
import { isDeepStrictEqual } from 'node:util';
import type { ChangeOf } from '../configuration/index.ts';
import { overlap } from './overlap.ts';

/** What the configuration says of environments. */
export type EnvironmentConfig = Readonly<Pick<DeliveryConfig, 'environment'>> & {
  readonly approvalFor: readonly string[];
};

/** A change of a route, or what a deployment of it comes to. */
export type RouteChange = Pick<ChangeOf<'route'>, 'entityId' | 'before' | 'after'>;

/** What a route serves; a route that is not there would be of the gateway. */
export function environmentOf(route: RouteDocument | undefined, { environment }: EnvironmentConfig): string {
  return route?.environment ?? environment;
}

/** Whether another person has to approve what goes there. Another capitalisation is the same place. */
export function isGuarded(environment: string, { approvalFor }: Pick<EnvironmentConfig, 'approvalFor'>): boolean {
  return approvalFor.some((one) => one.toLowerCase() === environment.toLowerCase());
}

/**
 * Where a change of a route takes effect. When it leaves or enters an environment that is guarded, that one counts; and when it
 * may take requests from a route of such an environment, that of this route: otherwise a second route would be the way around.
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
