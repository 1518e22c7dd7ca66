import type { NodeBreaker } from '@sluice/model';
import type { TrippedBreaker } from './node-view.ts';

/** Each circuit breaker once, with the nodes where it is not closed, ordered by route and backend. */
export function mergeBreakers(
  nodes: readonly { readonly nodeId: string; readonly breakers: readonly NodeBreaker[] }[],
): readonly TrippedBreaker[] {
  const all = new Map<string, TrippedBreaker>();
  for (const { nodeId, breakers } of nodes) {
    for (const { routeId, backendId, state, until } of breakers) {
      const key = `${routeId}\n${backendId}`;
      const before = all.get(key);
      const latest = [before?.until, until]
        .filter((time) => time !== undefined)
        .toSorted()
        .at(-1);
      all.set(key, {
        routeId,
        backendId,
        state: before?.state === 'Open' ? 'Open' : state,
        ...(latest !== undefined && { until: latest }),
        nodes: [...(before?.nodes ?? []), nodeId],
      });
    }
  }
  return [...all].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, breaker]) => breaker);
}
