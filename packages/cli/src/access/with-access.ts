import type { Access, AccessContext } from '@sluice/control';
import { CommandFailure } from '../command/command.ts';
import type { Arguments, Context } from '../command/command.ts';
import { connect } from '../remote/connect.ts';
import { findRunningDemo } from '../session/demo-file.ts';
import { localActor } from '../store-access/local-actor.ts';
import { isOnlyInMemory } from '../store-access/store-location.ts';
import { withStore } from '../store-access/with-store.ts';
import type { OpenedStore } from '../store-access/with-store.ts';
import { remoteAccess } from './remote-access.ts';
import type { AccessCalls } from './remote-access.ts';

/** Users, keys and the audit log, wherever they are. */
export interface OpenedAccess {
  readonly access: AccessCalls;
  /** Who changes the store. Over the API it is whoever is logged in. */
  readonly actor: AccessContext;
}

/** Lines of help for the commands that work in either place. */
export const accessNotes = [
  'Works on the store itself, without a login: whoever can open the store may do this. Takes effect at once, everywhere.',
  'With --url, in the folder of a running demo and with the store memory: it talks to the running Sluice, after sluice login.',
] as const;

/** Works on the store, or over the API where the store is only in the memory of the running process. */
export async function withAccess<T>(
  args: Arguments,
  context: Context,
  work: (opened: OpenedAccess) => Promise<T>,
): Promise<T> {
  const remote = await runningInstead(args, context);
  if (remote === undefined)
    return withStore(args, context, { instead: 'name it with --url', work: (opened) => useAccess(opened, work) });
  const connection = await connect(remote, context);
  return work({ access: remoteAccess(connection), actor: localActor() });
}

/** The arguments to connect with; undefined when there is a store to work on. */
export async function runningInstead(args: Arguments, context: Context): Promise<Arguments | undefined> {
  if (args.options['url'] !== undefined) {
    if (args.options['config'] === undefined) return args;
    throw new CommandFailure('--url talks to a running Sluice and --config names a store: leave out one of the two');
  }
  const demo = args.options['config'] === undefined ? await findRunningDemo(context.cwd) : undefined;
  if (demo !== undefined) return { ...args, options: { ...args.options, url: demo.management } };
  return (await isOnlyInMemory(args, context)) ? args : undefined;
}

/** A store with its users, keys and audit log. */
export interface StoreAccess extends OpenedStore {
  readonly access: Access;
}

/** The same as `withAccess` on an opened store. Everything is written when it resolves. */
export async function useAccess<T>(opened: OpenedStore, work: (opened: StoreAccess) => Promise<T>): Promise<T> {
  const { createAccess } = await import('@sluice/control');
  const { store, log, location } = opened;
  const access = createAccess({ store, config: location.config.access, clock: Date.now, log });
  try {
    return await work({ ...opened, access });
  } finally {
    await access.close();
  }
}
