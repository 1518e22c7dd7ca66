import { removeAll } from '../store/remove-all.ts';
import type { Store, Stored, Write } from '../store/store.ts';
import { oidcLogins } from './collections.ts';
import type { OidcLoginBody } from './collections.ts';
import { ThrottledError, UnauthorizedError } from './errors.ts';
import { hasPassed } from './fields.ts';
import { hashSecret, matchesHash } from './secrets.ts';

const mostPending = 10_000;

/** The logins that are under way. They are in the store, because the browser may come back to another control process. */
export class BegunLogins {
  readonly #options: { readonly store: Store; readonly clock: () => number };

  constructor(options: { readonly store: Store; readonly clock: () => number }) {
    this.#options = options;
  }

  /** The login with this secret, and the write that ends it. Rejects with an UnauthorizedError. */
  async take(
    kind: 'state' | 'code',
    secret: string,
    binding: string,
  ): Promise<{ readonly pending: Stored<OidcLoginBody>; readonly done: Write }> {
    const { store, clock } = this.#options;
    const pending = await store.get(oidcLogins, pendingId(kind, secret));
    if (pending === undefined || hasPassed(pending.body.expiresAt, clock())) throw unknownLogin();
    if (!matchesHash(binding, pending.body.bindingHash)) throw unknownLogin();
    const done: Write = { kind: 'remove', collection: oidcLogins, id: pending.id, expect: pending.version };
    return { pending, done };
  }

  /** Removes expired logins when there are too many. Rejects with a ThrottledError when that is not enough. */
  async makeRoom(): Promise<void> {
    if ((await this.#options.store.find(oidcLogins, { limit: 1 })).total < mostPending) return;
    await this.sweep();
    if ((await this.#options.store.find(oidcLogins, { limit: 1 })).total < mostPending) return;
    throw new ThrottledError('too many logins are in progress', 60);
  }

  async sweep(): Promise<void> {
    const { store, clock } = this.#options;
    const below = new Date(clock()).toISOString();
    await removeAll(store, oidcLogins, { expiresAt: { below } });
  }
}

/** The id under which a login is stored. The secret itself is not stored. */
export function pendingId(kind: 'state' | 'code', secret: string): string {
  return `${kind}:${hashSecret(secret)}`;
}

/** The error for every login that cannot go on. */
export function unknownLogin(): UnauthorizedError {
  return new UnauthorizedError('the login has expired, was used already, or was begun in another browser');
}
