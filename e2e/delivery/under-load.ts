import { expect } from 'vitest';
import type { Version } from './backends.ts';
import { startRouteLoad } from './route-load.ts';
import type { RouteAnswer, RouteLoad } from './route-load.ts';
import type { Delivery } from './start-delivery.ts';

/** A new route that serves the stable version, under load. */
export async function underLoad(
  delivery: Delivery,
  route: string,
  { urgent = false, ...options }: Partial<Parameters<typeof startRouteLoad>[0]> & { urgent?: boolean } = {},
): Promise<RouteLoad> {
  await (urgent ? delivery.addRouteUrgently(route) : delivery.addRoutes(route));
  await delivery.whenConverged();
  const load = startRouteLoad({ port: delivery.process.proxyPort, route, ...options });
  await load.more(5);
  return load;
}

/** From now on only these answer, and do; then the load ends, and nothing was wrong with it. */
export async function endsWith(version: 'stable' | 'candidate', ...loads: RouteLoad[]): Promise<void> {
  for (const load of loads) {
    load.allow(version);
    await load.more(20);
    expect(await load.stop()).toEqual([]);
  }
}

/**
 * Answers that do not fit a single swap on every worker: of all revisions in between, those before it are answered by one
 * version and those from it on by the other.
 */
export function pastTheSwap(
  { answers }: RouteLoad,
  [from, to]: readonly [Version, Version] = ['stable', 'candidate'],
  since: 'stable' | 'candidate' = 'stable',
): readonly unknown[] {
  const firstOf = (version: Version, among: readonly RouteAnswer[]): number =>
    Math.min(...among.filter((answer) => answer.version === version).map(({ revision }) => revision));
  const begin = firstOf(since, answers);
  // Not those that come later: an answer that was under way may be overtaken.
  const later = answers.filter(({ revision }) => revision >= begin);
  const swap = firstOf(to, later);
  return later.filter(({ version, revision }) => version !== (revision < swap ? from : to));
}
