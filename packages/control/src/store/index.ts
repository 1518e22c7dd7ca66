export { attempt } from './attempt.ts';
export { defineCollection } from './collections.ts';
export { createMemoryStore } from './memory/memory-store.ts';
export { openStore, pendingMigrations } from './open-store.ts';
export { removeAll } from './remove-all.ts';
export type {
  Body,
  Collection,
  Condition,
  Dumped,
  Expectation,
  FieldType,
  Found,
  Json,
  PendingMigration,
  Query,
  Store,
  Stored,
  StoreDriver,
  StoreOptions,
  Write,
} from './store.ts';
export { ConflictError, StoreUnavailableError } from './store.ts';
