import type { Logger } from '@sluice/service';

/** Where Redis is. Apart from the client, so that the types of a public entry do not need those of the Redis library. */
export interface RedisOptions {
  /** `redis://` or `rediss://`; may contain a password, so it is never shown. */
  readonly url: string;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}
