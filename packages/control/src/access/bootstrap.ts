import { firstUser } from '@sluice/model';
import type { Store } from '../store/store.ts';
import { ConflictError } from '../store/store.ts';
import type { Audit } from './audit.ts';
import { changeEntry } from './audit-entry.ts';
import { users } from './collections.ts';
import type { UserBody } from './collections.ts';
import { commitChange } from './commit-change.ts';
import type { Passwords } from './passwords.ts';
import type { AccessContext } from './principal.ts';
import { newId } from './secrets.ts';
import type { Random } from './secrets.ts';

/** The result of the first start. */
export interface Bootstrap {
  /** Whether `admin` was made just now. */
  readonly created: boolean;
  /** The password generated for `admin`. It is shown once and stored nowhere. */
  readonly password: string | undefined;
}

export interface BootstrapTools {
  readonly store: Store;
  readonly passwords: Passwords;
  readonly audit: Audit;
  readonly clock: () => number;
  readonly random: Random;
  readonly log: { warn(message: string): void };
}

const username = firstUser;
const context: AccessContext = { actor: { kind: 'system', name: 'start' }, address: 'local', traceId: '' };

export interface BootstrapOptions {
  readonly adminPassword?: string | undefined;
  /** The store ends with the process, and with it the generated password, which therefore need not be changed. */
  readonly isTemporary?: boolean | undefined;
}

/** Makes `admin` when there are no users, or else sets the password of `admin` to the configured one. */
export async function bootstrap(tools: BootstrapTools, options: BootstrapOptions): Promise<Bootstrap> {
  const { adminPassword } = options;
  const { total } = await tools.store.find(users, { limit: 1 });
  if (total === 0) {
    const created = await createAdmin(tools, options);
    if (created !== undefined) return created;
  }
  if (adminPassword !== undefined) await setPassword(tools, adminPassword);
  return { created: false, password: undefined };
}

/** Resolves with undefined when another process was faster. */
async function createAdmin(
  tools: BootstrapTools,
  { adminPassword: given, isTemporary = false }: BootstrapOptions,
): Promise<Bootstrap | undefined> {
  const { store, passwords, audit, clock, random } = tools;
  const password = given ?? random(18).toString('base64url');
  const now = new Date(clock()).toISOString();
  const body: UserBody = {
    username,
    role: 'Admin',
    isEnabled: true,
    passwordHash: await passwords.hash(password),
    mustChangePassword: given === undefined && !isTemporary,
    personId: newId(random),
    epoch: newId(random),
    createdAt: now,
    updatedAt: now,
  };
  const details = { role: body.role, isMadeUp: given === undefined };
  try {
    await store.commit([
      { kind: 'put', collection: users, id: username, body, expect: 'absent' },
      audit.auditWrite(event('user.created', details)),
    ]);
  } catch (error) {
    if (error instanceof ConflictError) return undefined;
    throw error;
  }
  return { created: true, password: given === undefined ? password : undefined };
}

function setPassword({ store, passwords, audit, clock, random, log }: BootstrapTools, password: string): Promise<void> {
  return commitChange(username, async () => {
    const stored = await store.get(users, username);
    if (stored === undefined) {
      log.warn('a password for admin is configured, but the user admin was removed and is not made again');
      return;
    }
    const { matches } = await passwords.verify(password, stored.body.passwordHash);
    if (matches) return;
    const body: UserBody = {
      ...stored.body,
      passwordHash: await passwords.hash(password),
      mustChangePassword: false,
      epoch: newId(random),
      updatedAt: new Date(clock()).toISOString(),
    };
    await store.commit([
      { kind: 'put', collection: users, id: username, body, expect: stored.version },
      audit.auditWrite(event('user.updated', { password: true })),
    ]);
  });
}

function event(eventType: string, details: { readonly [name: string]: string | boolean }) {
  return changeEntry(context, { eventType, entityType: 'user', entityId: username, details });
}
