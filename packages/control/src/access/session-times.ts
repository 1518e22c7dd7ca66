import type { AccessConfig } from '@sluice/model';
import type { Stored } from '../store/store.ts';
import type { SessionBody, UserBody } from './collections.ts';
import { hasPassed } from './fields.ts';
import { isActive } from './person.ts';

export interface SessionTimesOptions {
  readonly config: Pick<AccessConfig, 'refreshLifetime' | 'sessionLifetime' | 'oidc'>;
  readonly clock: () => number;
}

/** How long sessions last, counted from their beginning: so the settings of today also apply to older sessions. */
export class SessionTimes {
  readonly #options: SessionTimesOptions;

  constructor(options: SessionTimesOptions) {
    this.#options = options;
  }

  /** When the session ends, however often it is renewed, in milliseconds since 1970. */
  endOf({ createdAt }: Pick<SessionBody, 'createdAt'>, { body }: Stored<UserBody>): number {
    const { sessionLifetime, oidc } = this.#options.config;
    // The provider is asked again about its users. Without a provider there is nobody to ask.
    const atProvider = body.external === undefined ? Infinity : (oidc?.sessionLifetime ?? 0);
    return Date.parse(createdAt) + Math.min(sessionLifetime, atProvider);
  }

  /** Whether the session of this user is still good. */
  lasts(session: SessionBody, user: Stored<UserBody>): boolean {
    const now = this.#options.clock();
    if (hasPassed(session.expiresAt, now) || this.endOf(session, user) <= now) return false;
    return user.id === session.userId && user.body.epoch === session.epoch && isActive(user.body);
  }

  /** Until when a session that is used now can be renewed: ISO 8601. */
  expiry(session: Pick<SessionBody, 'createdAt'>, user: Stored<UserBody>): string {
    const { clock, config } = this.#options;
    return new Date(Math.min(clock() + config.refreshLifetime, this.endOf(session, user))).toISOString();
  }
}
