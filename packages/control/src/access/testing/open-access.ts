import type { Role } from '@sluice/model';
import { createMemoryStore } from '../../store/index.ts';
import type { Store } from '../../store/index.ts';
import { createAccess } from '../access.ts';
import type { Access, AccessOptions } from '../access.ts';
import { accessCollections } from '../collections.ts';
import type { AccessContext } from '../principal.ts';
import type { Login } from '../session.ts';

/** Access as one control process has it, with time in the test's hands. */
export interface OpenedAccess {
  readonly access: Access;
  readonly store: Store;
  /** Everything that was logged. */
  readonly lines: readonly string[];
  /** Another process on the same store. */
  another(): Access;
  /** Time goes on; what is due is called back. */
  advance(ms: number): Promise<void>;
  now(): number;
  /** Makes a user and logs in. */
  enter(username: string, role: Role): Promise<Login>;
}

/** The settings of a configuration that says nothing. */
const usualConfig: AccessOptions['config'] = {
  tokenLifetime: 15 * 60_000,
  refreshLifetime: 7 * 86_400_000,
  sessionLifetime: 12 * 3_600_000,
  keyRotation: 30 * 86_400_000,
};

/** A password that is good enough. */
export const goodPassword = 'correct horse battery';

/** Who changes things in tests. */
export const byAdmin: AccessContext = {
  actor: { kind: 'system', name: 'admin' },
  address: '192.0.2.1',
  traceId: 'trace-1',
};

/** Opens access on an empty store in memory. */
export function openAccess(config: Partial<AccessOptions['config']> = {}): OpenedAccess {
  const store = createMemoryStore(accessCollections);
  const lines: string[] = [];
  const timers = new Set<{ readonly due: number; readonly callback: () => void }>();
  let now = Date.parse('2030-01-01T00:00:00.000Z');
  const write = (message: string, fields?: object): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const open = (): Access =>
    createAccess({
      store,
      config: { ...usualConfig, ...config },
      clock: () => now,
      log: { warn: write },
      passwordCost: { memory: 64, passes: 1, parallelism: 1 },
      after(ms, callback) {
        const timer = { due: now + ms, callback };
        timers.add(timer);
        return () => timers.delete(timer);
      },
    });
  const access = open();
  return {
    access,
    store,
    lines,
    another: open,
    async advance(ms) {
      now += ms;
      for (const timer of [...timers].filter(({ due }) => due <= now)) {
        timers.delete(timer);
        timer.callback();
      }
      await access.audit.find({ limit: 1, offset: 0 });
    },
    now: () => now,
    async enter(username, role) {
      await access.users.create({ username, password: goodPassword, role }, byAdmin);
      return access.login({ username, password: goodPassword, address: '192.0.2.1', traceId: 'trace-1' });
    },
  };
}

/** The header of a request with this token. */
export function bearing(token: string): { authorization: string; address: string } {
  return { authorization: `Bearer ${token}`, address: '192.0.2.1' };
}

/** What an action rejects or throws with. Fails when it does not. */
export async function failure(action: () => unknown): Promise<Error> {
  try {
    await action();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it did not fail');
}
