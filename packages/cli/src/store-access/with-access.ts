import type { Access } from '@sluice/control';
import type { Arguments, Context } from '../command/command.ts';
import { withStore } from './with-store.ts';
import type { OpenedStore } from './with-store.ts';

/** A store with its users, keys and audit log. */
export interface OpenedAccess extends OpenedStore {
  readonly access: Access;
}

/** The same as `withStore`, with users, keys and the audit log. */
export function withAccess<T>(
  args: Arguments,
  context: Context,
  { instead, work }: { readonly instead: string; work(opened: OpenedAccess): Promise<T> },
): Promise<T> {
  return withStore(args, context, { instead, work: (opened) => useAccess(opened, work) });
}

/** The same on an opened store. Everything is written when it resolves. */
export async function useAccess<T>(opened: OpenedStore, work: (opened: OpenedAccess) => Promise<T>): Promise<T> {
  const { createAccess } = await import('@sluice/control');
  const { store, log, location } = opened;
  const access = createAccess({ store, config: location.config.access, clock: Date.now, log });
  try {
    return await work({ ...opened, access });
  } finally {
    await access.close();
  }
}
