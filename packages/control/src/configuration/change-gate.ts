import type { RouteDocument } from '@sluice/model';
import type { Write } from '../store/store.ts';
import type { EntityChange } from './entities.ts';

/** A change that no deployment makes, before it goes live. */
export interface GatedChange {
  readonly changes: readonly EntityChange[];
  /** The documents of all routes as they are now. */
  readonly routes: () => readonly RouteDocument[];
  /** Of those that use a shared backend. */
  readonly routesUsing: (backendId: string) => readonly RouteDocument[];
}

/**
 * Stands between a change and its commit. Rejects with a ConfigurationConflictError that says why the change may not go
 * live; otherwise resolves with what still has to hold when it is committed.
 */
export type ChangeGate = (change: GatedChange) => Promise<readonly Write[]>;
