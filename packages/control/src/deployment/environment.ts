import type { DeliveryConfig } from '@sluice/model';
import { isDeepStrictEqual } from 'node:util';
import type { Document, EntityChange } from '../configuration/index.ts';
import { overlap } from './overlap.ts';

/** What the configuration says of environments. */
export type EnvironmentConfig = Readonly<Pick<DeliveryConfig, 'environment'>> & {
  readonly approvalFor: readonly string[];
};

/** A change of a route, or what a deployment of it comes to. */
export type RouteChange = Pick<EntityChange, 'entityId' | 'before' | 'after'>;

/** What decides which requests a route takes. */
const match = ['pathPattern', 'methods', 'hosts', 'headers', 'query', 'priority', 'isEnabled'] as const;

/** What a route serves; a route that is not there would be of the gateway. */
export function environmentOf(route: Document | undefined, { environment }: EnvironmentConfig): string {
  return (route?.['environment'] as string | undefined) ?? environment;
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
  routes: () => readonly Document[],
  config: EnvironmentConfig,
): string {
  const [from, to] = [environmentOf(before, config), environmentOf(after ?? before, config)];
  if (isGuarded(from, config)) return from;
  if (isGuarded(to, config) || after === undefined || after['isEnabled'] === false) return to;
  if (before !== undefined && match.every((field) => isDeepStrictEqual(before[field], after[field]))) return to;
  const other = routes().find(
    (one) => one['routeId'] !== entityId && isGuarded(environmentOf(one, config), config) && overlap(one, after),
  );
  return other === undefined ? to : environmentOf(other, config);
}
