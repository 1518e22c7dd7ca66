import { expect, test } from 'vitest';
import { RedisChanges } from './redis-changes.ts';

function changes() {
  const lines: string[] = [];
  const write = (level: string) => (message: string, fields?: object) =>
    void lines.push(`${level}: ${message} ${JSON.stringify(fields)}`);
  const log = { info: write('info'), warn: write('warn'), error: write('error'), debug: write('debug') };
  const redis = { url: 'redis://:hunter2@cache:6379', prefix: 'sluice:', timeout: 100 };
  return { lines, changes: new RedisChanges(log, redis, () => 'closed') };
}

const away = 'warn: Redis is away: limits are not counted over all nodes';
const there = 'info: Redis is there again: limits are counted over all nodes {"redis":"redis://cache:6379"}';
const fields = (reason: string) => JSON.stringify({ redis: 'redis://cache:6379', reason, whenRedisIsAway: 'closed' });

test('each change is logged once, however many workers notice it, and without the password', () => {
  const { lines, changes: redis } = changes();
  redis.heard(0, undefined);
  redis.heard(0, 'ECONNREFUSED');
  redis.heard(1, 'ECONNREFUSED');
  expect(redis.reason).toBe('ECONNREFUSED');
  redis.heard(0, undefined);
  redis.heard(1, undefined);
  expect(lines).toEqual([`${away} ${fields('ECONNREFUSED')}`, there]);
  expect(redis.reason).toBeUndefined();
});

test('another reason is another line; what a worker said goes with it', () => {
  const { lines, changes: redis } = changes();
  redis.heard(0, 'ECONNREFUSED');
  redis.heard(0, 'READONLY');
  redis.forget(0);
  redis.heard(0, undefined);
  expect(lines).toEqual([`${away} ${fields('ECONNREFUSED')}`, `${away} ${fields('READONLY')}`]);
});
