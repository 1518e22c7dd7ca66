import type { AccessConfig } from '@sluice/model';
import type { Stored } from '../store/store.ts';
import type { SessionBody, UserBody } from './collections.ts';
import { hasPassed } from './fields.ts';
import { isActive } from './person.ts';

/** How long sessions last. */
export interface SessionTimes {
  /** Whether a session of this user goes on. */
  lasts(session: SessionBody, user: Stored<UserBody>): boolean;
  /** When it is over, however often it is renewed, in milliseconds since 1970. */
  endOf(session: Pick<SessionBody, 'createdAt'>, user: Stored<UserBody>): number;
  /** Until when it can be renewed if it is used now: ISO 8601. */
  expiry(session: Pick<SessionBody, 'createdAt'>, user: Stored<UserBody>): string;
}

/** What it depends on. */
export interface SessionTimesOptions {
  readonly config: Pick<AccessConfig, 'refreshLifetime' | 'sessionLifetime' | 'oidc'>;
  readonly clock: () => number;
}

/** Reckons from when a session began, so that sessions which were kept under other settings follow those of now. */
export function createSessionTimes({ config, clock }: SessionTimesOptions): SessionTimes {
  const endOf: SessionTimes['endOf'] = ({ createdAt }, { body }) => {
    // Users of a provider are asked for there again. Without a provider there is nobody to ask.
    const atProvider = body.external === undefined ? Infinity : (config.oidc?.sessionLifetime ?? 0);
    return Date.parse(createdAt) + Math.min(config.sessionLifetime, atProvider);
  };
  return {
    endOf,
    lasts(session, user) {
      const now = clock();
      if (hasPassed(session.expiresAt, now) || endOf(session, user) <= now) return false;
      return user.id === session.userId && user.body.epoch === session.epoch && isActive(user.body);
    },
    expiry(session, user) {
      return new Date(Math.min(clock() + config.refreshLifetime, endOf(session, user))).toISOString();
    },
  };
}
