import type * as RedisLibrary from '@redis/client';
import type { Logger } from '@sluice/service';
import { codeOf } from '@sluice/service';
import { redisAddress } from './redis-address.ts';
import type { RedisAddress } from './redis-address.ts';

type Library = typeof RedisLibrary;

/** A connection to Redis that comes back by itself, for ever. */
export type RedisClient = ReturnType<typeof createClient>;

/** The prefix of every key and channel of ours. */
export const redisPrefix = 'sluice:';

/** How to reach Redis. */
export interface RedisOptions {
  /** `redis://` or `rediss://`; may hold a password, so it is never shown. */
  readonly url: string;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** How the library is loaded; replaced in tests. */
  readonly load?: () => Promise<Library>;
}

/** The npm package that talks to Redis is not there. */
export class RedisLibraryMissingError extends Error {
  override readonly name = 'RedisLibraryMissingError';

  constructor(cause: unknown) {
    super('redis.url needs the npm package @redis/client, which is not installed: npm install @redis/client', {
      cause,
    });
  }
}

/** First and longest pause between two attempts to connect, in milliseconds. */
const backoff = { first: 50, longest: 1_000 };
/** A connection that is silent for so long, although it is pinged, is given up: nobody is there. In milliseconds. */
const silence = { ping: 2_000, giveUp: 7_000 };

/**
 * A client that connects in the background: it is there at once, even when Redis is not. Commands are refused while it
 * is away. Rejects with a RedisAddressError or a RedisLibraryMissingError. `purpose` is told in the log and
 * to Redis, such as `bus`; no spaces.
 */
export async function openRedisClient(purpose: string, options: RedisOptions): Promise<RedisClient> {
  const address = redisAddress(options.url);
  const client = createClient(await loadLibrary(options.load), address.url, `sluice-${purpose}`);
  // Many may wait for the connection at once, each for a short time.
  client.setMaxListeners(0);
  reportState(client, address, { purpose, log: options.log });
  // It rejects only when it is closed before it was ever connected: failures are events, and tried again.
  client.connect().catch(() => undefined);
  return client;
}

async function loadLibrary(load: RedisOptions['load'] = () => import('@redis/client')): Promise<Library> {
  try {
    return await load();
  } catch (error) {
    if (codeOf(error) === 'ERR_MODULE_NOT_FOUND') throw new RedisLibraryMissingError(error);
    throw error;
  }
}

function createClient(library: Library, url: string, name: string) {
  return library.createClient({
    url,
    // The protocol that every version and every relative of Redis speaks; nothing of RESP3 is needed.
    RESP: 2,
    // Also a question that has to be answered before the connection counts as one: a stopped server accepts too.
    name,
    maintNotifications: 'disabled',
    disableClientInfo: true,
    disableOfflineQueue: true,
    pingInterval: silence.ping,
    socket: {
      connectTimeout: 2_000,
      socketTimeout: silence.giveUp,
      reconnectStrategy: (retries) => Math.min(backoff.first * 2 ** Math.min(retries, 10), backoff.longest),
    },
  });
}

/** Says when the connection is lost and found, and each new reason once: not every attempt. */
function reportState(
  client: RedisClient,
  { shown, hide }: RedisAddress,
  { purpose, log }: { readonly purpose: string; readonly log: RedisOptions['log'] },
): void {
  const fields = { redis: shown, purpose };
  let said: string | undefined;
  client.on('error', (error: NodeJS.ErrnoException) => {
    // The first to hear of it, so nobody sees it with the password.
    error.message = hide(error.message);
    error.stack = hide(error.stack ?? '');
    // An attempt at both addresses of `localhost` fails with an AggregateError, which has a code but no message.
    const reason = error.message === '' ? (error.code ?? error.name) : error.message;
    if (reason === said) return;
    said = reason;
    log.warn('Redis is unreachable; retrying', { ...fields, reason });
  });
  client.on('ready', () => {
    if (said !== undefined) log.info('Redis is reachable again', fields);
    said = undefined;
  });
}
