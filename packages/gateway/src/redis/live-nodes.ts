import { RedisScript } from './redis-script.ts';
import type { Scripted } from './redis-script.ts';

/** How long a node counts as live after it was last heard of, in milliseconds. */
const lifetimeMs = 15_000;

/**
 * KEYS has the set of the nodes, each with the time of Redis until which it counts as live. ARGV has a node, and `ends` for one
 * that ends. Answers how many nodes are live, and at what time, in microseconds: two may begin within one millisecond. It
 * writes, as limits do, so it fails where they would fail.
 */
const script = new RedisScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last = string.format('%.0f', now + ${lifetimeMs})
if ARGV[2] == 'ends' then redis.call('ZREM', KEYS[1], ARGV[1]) else redis.call('ZADD', KEYS[1], last, ARGV[1]) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], ${lifetimeMs})
return { redis.call('ZCARD', KEYS[1]), time[1] * 1000000 + time[2] }
`);

/** A node in the set of live nodes. */
export interface NodePlace {
  readonly key: string;
  readonly nodeId: string;
}

/** How many nodes were live at a time of the clock of Redis, in milliseconds. */
export interface LiveNodes {
  readonly count: number;
  readonly at: number;
}

/** Says that a node lives; resolves to the number of live nodes. */
export async function announceNode(client: Scripted, { key, nodeId }: NodePlace): Promise<LiveNodes> {
  const answer = await script.run(client, { keys: [key], values: [nodeId, 'lives'] });
  if (!Array.isArray(answer) || !answer.every(Number.isInteger)) {
    throw new Error('Redis gave an answer that is none of the script');
  }
  const [count, microseconds] = answer as [number, number];
  return { count, at: microseconds / 1000 };
}

/** Takes a node that ends out of the live nodes. */
export async function retireNode(client: Scripted, { key, nodeId }: NodePlace): Promise<void> {
  await script.run(client, { keys: [key], values: [nodeId, 'ends'] });
}
