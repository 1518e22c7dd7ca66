import type { Store, Write } from '../store/index.ts';
import { deploymentEvents, deploymentRoutes, deployments } from './collections.ts';
import { deploymentIn, routeEntryId } from './stored-deployment.ts';

const atOnce = 200;

/** Removes deployments that ended before a date, with all their events. Resolves with their number. */
export async function pruneDeployments(
  store: Store,
  { endedBefore, guard }: { readonly endedBefore: Date; readonly guard: () => readonly Write[] },
): Promise<number> {
  const where = { isOpen: false, completedAt: { below: endedBefore.toISOString() } };
  for (let pruned = 0; ;) {
    const { items } = await store.find(deployments, { where, limit: atOnce });
    if (items.length === 0) return pruned;
    for (const { id, body } of items) {
      // The events come first: nothing would find those of a removed deployment.
      await removeEvents(store, id, guard);
      const entries = deploymentIn(body).routes.map(({ routeId }) => ({
        kind: 'remove' as const,
        collection: deploymentRoutes,
        id: routeEntryId(routeId, id),
        expect: 'any' as const,
      }));
      await store.commit([...guard(), ...entries, { kind: 'remove', collection: deployments, id, expect: 'any' }]);
      pruned++;
    }
  }
}

async function removeEvents(store: Store, deploymentId: string, guard: () => readonly Write[]): Promise<void> {
  for (;;) {
    const { items } = await store.find(deploymentEvents, { where: { deploymentId }, limit: atOnce });
    if (items.length === 0) return;
    const removes = items.map(({ id }) => ({
      kind: 'remove' as const,
      collection: deploymentEvents,
      id,
      expect: 'any' as const,
    }));
    await store.commit([...guard(), ...removes]);
  }
}
