import type * as RedisLibrary from '@redis/client';
import { codeOf, connectionFailure } from '../caught-error.ts';
import { createRequire } from 'node:module';
import { redisAddress } from './redis-address.ts';
import type { RedisAddress } from './redis-address.ts';
import type { RedisClient, RedisOptions } from './redis-options.ts';

type Library = typeof RedisLibrary;

/** What the names of keys and channels begin with, unless the configuration says something else. */
export const redisPrefix = 'sluice:';

/** How the library is found, besides where Redis is. */
export interface RedisClientOptions extends RedisOptions {
  /** Imports the library; replaced in tests. */
  readonly load?: () => Promise<unknown>;
}

/** The npm package for Redis is not installed. */
export class RedisLibraryMissingError extends Error {
  override readonly name = 'RedisLibraryMissingError';

  constructor(cause: unknown) {
    super('redis.url needs the npm package @redis/client, which is not installed: npm install @redis/client', {
      cause,
    });
  }
}

/** The first and the longest pause between two attempts to connect, in milliseconds. */
const backoff = { first: 50, longest: 1_000 };
/** How often a connection is pinged, and when a silent one is given up, in milliseconds. */
const silence = { ping: 2_000, giveUp: 7_000 };

/**
 * Makes a client that connects in the background. Resolves at once, even while Redis is down, when commands are refused. Rejects with
 * a RedisAddressError or a RedisLibraryMissingError. `purpose`, such as `bus`, is for the log and for Redis, and has no spaces.
 */
export async function openRedisClient(purpose: string, options: RedisClientOptions): Promise<RedisClient> {
  const address = redisAddress(options.url);
  const client = createClient(await loadLibrary(options.load), address.url, `sluice-${purpose}`);
  // Many callers may wait for the connection at the same time.
  client.setMaxListeners(0);
  reportState(client, address, { purpose, log: options.log });
  // Rejects only when the client is closed before it connects. Other failures are events and are tried again.
  client.connect().catch(() => undefined);
  return client;
}

/** Throws a RedisLibraryMissingError when the library is not installed. Loads nothing. */
export function requireRedisLibrary(resolve: (name: string) => unknown = createRequire(import.meta.url).resolve): void {
  try {
    resolve('@redis/client');
  } catch (error) {
    throw new RedisLibraryMissingError(error);
  }
}

async function loadLibrary(load: RedisClientOptions['load'] = () => import('@redis/client')): Promise<Library> {
  try {
    return (await load()) as Library;
  } catch (error) {
    if (codeOf(error) === 'ERR_MODULE_NOT_FOUND') throw new RedisLibraryMissingError(error);
    throw error;
  }
}

function createClient(library: Library, url: string, name: string) {
  return library.createClient({
    url,
    // Every version and relative of Redis speaks RESP2, and nothing of RESP3 is needed.
    RESP: 2,
    // Setting the name also proves that the server answers, because a stopped server still accepts connections.
    name,
    maintNotifications: 'disabled',
    disableClientInfo: true,
    disableOfflineQueue: true,
    // perf: by default the library makes an AbortSignal for each command, which lives for five seconds; that is a third of the cost of
    // a call. A connection that is silent is given up, and rejects what waits for it.
    commandOptions: { timeout: undefined },
    pingInterval: silence.ping,
    socket: {
      connectTimeout: 2_000,
      socketTimeout: silence.giveUp,
      reconnectStrategy: (retries) => Math.min(backoff.first * 2 ** Math.min(retries, 10), backoff.longest),
    },
  });
}

/** Logs when the connection is lost and restored, and each new reason once. */
function reportState(
  client: RedisClient,
  { shown, hide }: RedisAddress,
  { purpose, log }: { readonly purpose: string; readonly log: RedisOptions['log'] },
): void {
  const fields = { redis: shown, purpose };
  let said: string | undefined;
  client.on('error', (error: NodeJS.ErrnoException) => {
    // This listener is the first, so nobody sees the message with the password.
    error.message = hide(error.message);
    error.stack = hide(error.stack ?? '');
    const reason = connectionFailure(error);
    if (reason === said) return;
    said = reason;
    log.warn('Redis is unreachable; retrying', { ...fields, reason });
  });
  client.on('ready', () => {
    if (said !== undefined) log.info('Redis is reachable again', fields);
    said = undefined;
  });
}
