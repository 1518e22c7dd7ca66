import type { EventEmitter } from 'node:events';
import type { Logger } from '../logger.ts';

// Apart from the client, so that the types of a public entry do not need those of the Redis library.

/** Where Redis is. */
export interface RedisOptions {
  /** `redis://` or `rediss://`; may contain a password, so it is never shown. */
  readonly url: string;
  /** What the names of all keys and channels begin with; `sluice:` by default. */
  readonly prefix?: string;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/** A connection to Redis that reconnects by itself, for ever: what Sluice uses of the library's client. */
export interface RedisClient extends EventEmitter {
  /** Whether commands can be sent now. */
  readonly isReady: boolean;
  sendCommand(command: readonly string[]): Promise<unknown>;
  publish(channel: string, message: string): Promise<unknown>;
  subscribe(channel: string, listener: (message: string, channel: string) => void): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  /** Closes the connection at once. Commands that wait for an answer reject. */
  destroy(): void;
}
