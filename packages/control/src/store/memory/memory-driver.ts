import type { StoreDriver } from '../store.ts';
import { createMemoryStore } from './memory-store.ts';

/** The driver of `memory:`, which has nothing to migrate. */
export const memoryDriver: StoreDriver = {
  open: async ({ collections }) => createMemoryStore(collections),
  pending: async () => [],
};
