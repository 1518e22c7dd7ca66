import type { AccessContext, Store } from '@sluice/control';
import { createLogger } from '@sluice/service';
import type { Logger } from '@sluice/service';
import { CommandFailure } from '../command/command.ts';
import type { Arguments, Context } from '../command/command.ts';
import { wantsColor } from '../terminal/style.ts';
import { asFailure, explainFailure } from './explain-failure.ts';
import { localActor } from './local-actor.ts';
import { locateStore } from './store-location.ts';
import type { StoreLocation } from './store-location.ts';

/** A store that a command works on. */
export interface OpenedStore {
  readonly location: StoreLocation;
  readonly store: Store;
  readonly log: Logger;
  /** The user that the command acts as. */
  readonly actor: AccessContext;
}

/**
 * Opens the store that the configuration names, works with it and closes it. It neither creates a store nor migrates one.
 * Rejects with a CommandFailure that names no password.
 */
export async function withStore<T>(
  args: Arguments,
  context: Context,
  { instead, work }: { readonly instead: string; work(opened: OpenedStore): Promise<T> },
): Promise<T> {
  const location = await locateStore(args, context, instead);
  await refuseUnlessCurrent(location);
  return useStore(location, context, work);
}

/** The same for a store that may have to be created or migrated first. */
export async function useStore<T>(
  location: StoreLocation,
  context: Context,
  work: (opened: OpenedStore) => Promise<T>,
): Promise<T> {
  const { allCollections, openStore } = await import('@sluice/control');
  const log = quietLogger(context);
  const store = await asFailure(() => openStore({ url: location.url, collections: allCollections, log }), location);
  try {
    return await work({ location, store, log, actor: localActor() });
  } catch (error) {
    throw explainFailure(error, location);
  } finally {
    await store.close();
  }
}

/** Whether there is a store at its address, and whether it needs migrations. */
export async function stateOfStore(location: StoreLocation): Promise<'absent' | 'outdated' | 'current'> {
  const { allCollections, pendingMigrations } = await import('@sluice/control');
  const pending = await asFailure(
    () => pendingMigrations({ url: location.url, collections: allCollections }),
    location,
  );
  if (pending.length === 0) return 'current';
  // The first migration makes everything.
  return pending[0]?.version === 1 ? 'absent' : 'outdated';
}

async function refuseUnlessCurrent(location: StoreLocation): Promise<void> {
  const state = await stateOfStore(location);
  if (state === 'absent') {
    throw new CommandFailure(
      `there is no store at ${location.shown} yet: sluice start creates it, --config FILE names another one`,
    );
  }
  if (state === 'outdated') {
    throw new CommandFailure(
      `the store at ${location.shown} comes from an older version of Sluice: back it up with that version, ` +
        'then let sluice start bring it up to date',
    );
  }
}

/** Logs failures only: the command itself says what it did. */
function quietLogger({ stderr, env }: Context): Logger {
  return createLogger({ output: stderr, json: false, level: 'warn', color: wantsColor(stderr, env) });
}
