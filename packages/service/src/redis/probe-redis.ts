import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { openRedisClient, redisPrefix } from './redis-client.ts';
import type { RedisClient, RedisOptions } from './redis-options.ts';

/** The result of a probe. */
export interface RedisProbe {
  /** The version of the server, if it tells. */
  readonly version: string | undefined;
  /** From publishing a message to receiving it, in milliseconds. */
  readonly roundTripMs: number;
  /** How far the server's clock is ahead, in milliseconds, give or take half a round trip. */
  readonly clockAheadMs: number;
  /** What becomes of keys when the memory is full, such as noeviction; undefined if the server does not tell. */
  readonly eviction?: string | undefined;
  /** The most memory that it takes, in bytes; 0 without a limit. */
  readonly maxMemoryBytes?: number | undefined;
}

/**
 * Uses Redis like Sluice does: sends a message over a subscription. Leaves nothing behind. Rejects with an Error that says what
 * does not work and never contains a password.
 */
export async function probeRedis(
  { url, prefix = redisPrefix }: Pick<RedisOptions, 'url' | 'prefix'>,
  { timeoutMs = 3_000 } = {},
): Promise<RedisProbe> {
  const log = { info: () => undefined, warn: () => undefined };
  const [client, listener] = [
    await openRedisClient('probe', { url, log }),
    await openRedisClient('probe', { url, log }),
  ];
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    return await Promise.race([look(client, listener, prefix), late.promise]);
  } finally {
    clearTimeout(timer);
    client.destroy();
    listener.destroy();
  }
}

async function look(client: RedisClient, listener: RedisClient, prefix: string): Promise<RedisProbe> {
  await Promise.all([connected(client), connected(listener)]);
  const roundTripMs = await roundTrip(client, listener, `${prefix}probe:${randomUUID()}`);
  const clockAheadMs = await clockAhead(client);
  // Some servers do not tell, and some users may not ask.
  const info = async (section: string): Promise<string> =>
    String(await client.sendCommand(['INFO', section]).catch(() => ''));
  const version = /^redis_version:(.*?)\r?$/m.exec(await info('server'))?.[1];
  const memory = await info('memory');
  const limit = /^maxmemory:(\d+)\r?$/m.exec(memory)?.[1];
  return {
    version,
    roundTripMs,
    clockAheadMs,
    eviction: /^maxmemory_policy:(.*?)\r?$/m.exec(memory)?.[1],
    maxMemoryBytes: limit === undefined ? undefined : Number(limit),
  };
}

async function connected(client: RedisClient): Promise<void> {
  try {
    if (!client.isReady) await once(client, 'ready');
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    throw new Error(message === '' ? (code ?? 'no connection') : message, { cause: error });
  }
}

async function roundTrip(client: RedisClient, listener: RedisClient, channel: string): Promise<number> {
  const heard = Promise.withResolvers<string>();
  await listener.subscribe(channel, heard.resolve);
  const sent = performance.now();
  await client.publish(channel, 'here');
  await heard.promise;
  return performance.now() - sent;
}

async function clockAhead(client: RedisClient): Promise<number> {
  const asked = Date.now();
  const [seconds, microseconds] = (await client.sendCommand(['TIME'])) as [string, string];
  const answered = Date.now();
  return Number(seconds) * 1_000 + Number(microseconds) / 1_000 - (asked + answered) / 2;
}
