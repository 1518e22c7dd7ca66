import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { probeRedis } from './probe-redis.ts';
import { startRedis } from './testing/start-redis.ts';
import type { TestRedis } from './testing/start-redis.ts';

async function withRedis(settings: readonly string[], look: (redis: TestRedis) => Promise<void>): Promise<void> {
  const redis = await startRedis(settings);
  try {
    await look(redis);
  } finally {
    await redis.stop();
  }
}

test('tells version, round trip, clock and memory, and leaves nothing behind', () =>
  withRedis(['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'], async ({ url }) => {
    const probe = await probeRedis({ url });
    expect(probe).toMatchObject({ eviction: 'allkeys-lru', maxMemoryBytes: 104_857_600 });
    expect(probe.version).toMatch(/^\d+\.\d+/);
    expect(probe.roundTripMs).toBeGreaterThan(0);
    expect(Math.abs(probe.clockAheadMs)).toBeLessThan(1_000);
  }));

test('says why it does not work, without the password', () =>
  withRedis(['--requirepass', 'hunter2-hunter2'], async ({ port, url }) => {
    await expect(probeRedis({ url: `redis://:wrong-secret@127.0.0.1:${port}` })).rejects.toThrow(
      /^WRONGPASS(?!.*secret)/,
    );
    await expect(probeRedis({ url })).rejects.toThrow('NOAUTH');
  }));

test('says that nobody is there, and that nobody answers', () =>
  withRedis([], async ({ url, pid, kill }) => {
    process.kill(pid, 'SIGSTOP');
    await expect(probeRedis({ url }, { timeoutMs: 300 })).rejects.toThrow('no answer within 300 ms');
    await kill();
    await expect(probeRedis({ url })).rejects.toThrow('ECONNREFUSED');
  }));

test('a server that repeats the command it refuses does not give the password away', () =>
  withRedis(['--rename-command', 'AUTH', ''], async ({ port }) => {
    const refused = await probeRedis({ url: `redis://:hunter2-hunter2@127.0.0.1:${port}` }).catch(
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(Error);
    expect((refused as Error).message).toContain("with args beginning with: '[hidden]'");
    expect(inspect(refused)).not.toContain('hunter2');
  }));
