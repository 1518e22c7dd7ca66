import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Deadlines } from '../wire/deadlines.ts';
import type { Failure } from './retry.ts';
import { createScriptedConnector } from './testing/scripted-connector.ts';
import type { UpstreamConnection } from './upstream-connection.ts';
import { UpstreamPool } from './upstream-pool.ts';

const connectMs = 5_000;
const somebody = { clientBlock: '192.0.2.1' };

/** A pool whose connections and time the test decides. */
function createPool(config: { minSize?: number; maxSize?: number; connectionTimeout?: number } = {}) {
  const connector = createScriptedConnector();
  let now = 123.4;
  const deadlines = new Deadlines({ tickMs: 50, clock: () => now });
  const options = {
    minSize: 0,
    maxSize: 2,
    maxIdleTime: 60_000,
    connectionTimeout: connectMs,
    lookupInterval: 10_000,
    fairShare: true,
    ...config,
  };
  const pool = new UpstreamPool({ connector, deadlines, config: options });
  const { attempts } = connector;
  /** Takes a place in the line, and notes what it got. */
  function ask(connectTimeoutMs = connectMs, clientBlock = somebody.clientBlock) {
    const got: { connection?: UpstreamConnection; failure?: Failure } = {};
    const { cancel } = (() => {
      const waiter = pool.wait(
        {
          exchange: { clientBlock },
          ready: (connection) => (got.connection = connection),
          failed: (failure) => (got.failure = failure),
        },
        connectTimeoutMs,
      );
      return { cancel: () => waiter.cancel() };
    })();
    return { got, cancel };
  }
  return {
    pool,
    attempts,
    ask,
    /** An open connection that belongs to the test. */
    open(): UpstreamConnection {
      const { got } = ask();
      attempts.at(-1)?.succeed();
      if (got.connection === undefined) throw new Error('the pool did not hand out a connection');
      return got.connection;
    },
    pass(ms: number) {
      for (const end = now + ms; now < end;) {
        now += 50;
        deadlines.advance();
      }
    },
  };
}

describe('a pool', () => {
  test('gives the connection that was used last', () => {
    const { pool, open } = createPool();
    const [first, second] = [open(), open()];
    pool.release(first);
    pool.release(second);
    expect(pool.takeIdle(somebody)).toBe(second);
    expect(pool.takeIdle(somebody)).toBe(first);
    expect(pool.takeIdle(somebody)).toBeUndefined();
  });

  test('opens no more connections than allowed', () => {
    const { attempts, ask } = createPool({ maxSize: 2 });
    for (let i = 0; i < 5; i++) ask();
    expect(attempts).toHaveLength(2);
  });

  test('serves those in line one after the other, by whichever connection becomes free', () => {
    const { pool, ask, open, attempts } = createPool({ maxSize: 2 });
    const busy = open();
    const line = [ask(), ask(), ask()];
    pool.release(busy);
    expect(line.map(({ got }) => got.connection)).toEqual([busy, undefined, undefined]);
    attempts[1].succeed();
    expect(line[1].got.connection?.wire).toBe(attempts[1].wire);
    pool.release(busy);
    expect(line[2].got.connection).toBe(busy);
    pool.release(busy);
    expect(pool.takeIdle(somebody)).toBe(busy);
  });

  test('keeps a connection that was opened for somebody who has left', () => {
    const { pool, ask, attempts } = createPool();
    ask().cancel();
    attempts[0].succeed();
    expect(pool.takeIdle(somebody)?.wire).toBe(attempts[0].wire);
  });

  test('forgets who has left the line', () => {
    const { pool, ask, open, pass } = createPool({ maxSize: 1 });
    const busy = open();
    const [gone, next] = [ask(), ask()];
    gone.cancel();
    pool.release(busy);
    expect(next.got.connection).toBe(busy);
    pass(60_000);
    expect(gone.got).toEqual({});
  });

  test('does not give out an idle connection that is closing', async () => {
    const { pool, open } = createPool();
    const [kept, closing] = [open(), open()];
    pool.release(kept);
    pool.release(closing);
    closing.wire.destroy();
    expect(pool.takeIdle(somebody)).toBe(kept);
    await turn();
    expect(pool.takeIdle(somebody)).toBeUndefined();
  });

  test('drops an idle connection that the backend closes, and has room for another', async () => {
    const { pool, open, ask, attempts } = createPool({ maxSize: 1 });
    const idle = open();
    pool.release(idle);
    idle.onEnd();
    await turn();
    expect(pool.takeIdle(somebody)).toBeUndefined();
    ask();
    expect(attempts).toHaveLength(2);
  });

  test('drops an idle connection on which the backend speaks unasked', () => {
    const { pool, open } = createPool();
    const idle = open();
    pool.release(idle);
    idle.onBytes(Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), 0, 19);
    expect(idle.wire.destroyed).toBe(true);
    expect(pool.takeIdle(somebody)).toBeUndefined();
  });

  test('lets those in line have the room of a connection that is gone', async () => {
    const { open, ask, attempts } = createPool({ maxSize: 1 });
    const busy = open();
    const waiting = ask();
    busy.close();
    await turn();
    expect(attempts).toHaveLength(2);
    attempts[1].succeed();
    expect(waiting.got.connection?.wire).toBe(attempts[1].wire);
  });

  test('replaces an idle connection for who wants a new one, when there is no room beside it', async () => {
    const { pool, open, ask, attempts } = createPool({ maxSize: 1 });
    const idle = open();
    pool.release(idle);
    const waiting = ask();
    await turn();
    expect(idle.wire.destroyed).toBe(true);
    expect(attempts).toHaveLength(2);
    attempts[1].succeed();
    expect(waiting.got.connection?.wire).toBe(attempts[1].wire);
  });
});

describe('a connection that cannot be made', () => {
  test('fails the first in line, and the room is used for the next', () => {
    const { ask, attempts } = createPool({ maxSize: 1 });
    const [first, second] = [ask(), ask()];
    attempts[0].fail('ECONNREFUSED');
    expect(first.got.failure).toEqual({
      code: 'BAD_GATEWAY',
      stage: 'not-sent',
      reason: 'connecting failed: ECONNREFUSED',
    });
    expect(second.got).toEqual({});
    expect(attempts).toHaveLength(2);
    attempts[1].succeed();
    expect(second.got.connection).toBeDefined();
  });

  test('in time is a timeout of the backend, not a busy pool', () => {
    const { ask, attempts, pass } = createPool({ maxSize: 2, connectionTimeout: connectMs });
    const { got } = ask(connectMs);
    pass(connectMs + 1_000);
    expect(got.failure?.code).toBe('GATEWAY_TIMEOUT');
    expect(attempts[0].cancelled).toBe(true);
  });

  test('in time makes room', () => {
    const { ask, attempts, pass } = createPool({ maxSize: 1 });
    ask(1_000);
    const next = ask(1_000);
    pass(1_100);
    expect(attempts.map(({ cancelled }) => cancelled)).toEqual([true, false]);
    attempts[1].succeed();
    expect(next.got.connection?.wire).toBe(attempts[1].wire);
  });
});

test('who waits in line for too long is told that all connections are busy', () => {
  const { pool, open, ask, pass } = createPool({ maxSize: 1, connectionTimeout: 2_000 });
  const busy = open();
  const { got } = ask(1_000);
  pass(1_900);
  expect(got).toEqual({});
  pass(300);
  expect(got.failure).toMatchObject({ code: 'POOL_EXHAUSTED', stage: 'not-sent' });
  pool.release(busy);
  expect(got.connection).toBeUndefined();
  expect(pool.takeIdle(somebody)).toBe(busy);
});

describe('an idle connection', () => {
  test('is closed after its time', async () => {
    const { pool, open, pass } = createPool();
    const idle = open();
    pool.release(idle);
    pass(59_000);
    expect(idle.wire.destroyed).toBe(false);
    pass(1_100);
    expect(idle.wire.destroyed).toBe(true);
    await turn();
    expect(pool.takeIdle(somebody)).toBeUndefined();
  });

  test('stays when the pool would have too few', async () => {
    const { pool, open, pass } = createPool({ minSize: 1 });
    const [first, second] = [open(), open()];
    pool.release(first);
    pool.release(second);
    pass(60_100);
    await turn();
    pass(600_000);
    await turn();
    expect([first, second].filter(({ wire }) => wire.destroyed)).toHaveLength(1);
  });
});

describe('a retired pool', () => {
  test('closes what is idle now, and what is busy when it is done', () => {
    const { pool, open } = createPool();
    const [idle, busy] = [open(), open()];
    pool.release(idle);
    pool.retire();
    expect([idle, busy].map(({ wire }) => wire.destroyed)).toEqual([true, false]);
    pool.release(busy);
    expect(busy.wire.destroyed).toBe(true);
  });

  test('still serves exchanges that began before', () => {
    const { pool, ask, attempts } = createPool();
    pool.retire();
    const { got } = ask();
    attempts[0].succeed();
    expect(got.connection?.wire.destroyed).toBe(false);
  });

  test('gives up connections that nobody waits for', () => {
    const { pool, ask, attempts } = createPool();
    const waiting = ask();
    pool.retire();
    expect(attempts[0].cancelled).toBe(false);
    waiting.cancel();
    expect(attempts[0].cancelled).toBe(true);
  });
});

describe('a pool that is kept warm', () => {
  test('opens what is missing, and says when it is there', () => {
    const { pool, attempts, open } = createPool({ minSize: 3, maxSize: 4 });
    open();
    expect(pool.warm(connectMs)).toBe('connecting takes a while');
    expect(pool.warm(connectMs)).toBe('connecting takes a while');
    expect(attempts).toHaveLength(3);
    attempts[1].succeed();
    attempts[2].succeed();
    expect(pool.warm(connectMs)).toBeUndefined();
    expect(attempts).toHaveLength(3);
    expect(pool.takeIdle(somebody)?.wire).toBe(attempts[2].wire);
  });

  test('opens one when none is configured', () => {
    const { pool, attempts } = createPool({ minSize: 0 });
    pool.warm(connectMs);
    expect(attempts).toHaveLength(1);
  });

  test('says why it cannot, and tries again when it is asked again', () => {
    const { pool, attempts } = createPool();
    pool.warm(connectMs);
    attempts[0].fail('ECONNREFUSED');
    expect(attempts).toHaveLength(1);
    expect(pool.warm(connectMs)).toBe('connecting failed: ECONNREFUSED');
    expect(attempts).toHaveLength(2);
    attempts[1].succeed();
    expect(pool.warm(connectMs)).toBeUndefined();
  });

  test('fails nobody in line by an attempt of its own', () => {
    const { pool, attempts, ask } = createPool({ maxSize: 2 });
    pool.warm(connectMs);
    const { got } = ask();
    attempts[0].fail('ECONNREFUSED');
    expect(got).toEqual({});
    attempts[1].succeed();
    expect(got.connection?.wire).toBe(attempts[1].wire);
  });

  test('gives a connection in the making to who comes first', () => {
    const { pool, attempts, ask } = createPool({ maxSize: 1 });
    pool.warm(connectMs);
    const { got } = ask();
    attempts[0].succeed();
    expect(got.connection?.wire).toBe(attempts[0].wire);
  });

  test('tries for who is in line when its own attempt took the room and failed', () => {
    const { pool, attempts, ask } = createPool({ maxSize: 1 });
    pool.warm(connectMs);
    const { got } = ask();
    attempts[0].fail('ECONNREFUSED');
    attempts[1].succeed();
    expect(got.connection?.wire).toBe(attempts[1].wire);
  });

  test('keeps its connections beyond their idle time for as long as it is asked to', async () => {
    const { pool, attempts, pass } = createPool();
    pool.warm(connectMs);
    attempts[0].succeed();
    for (let seconds = 0; seconds < 300; seconds += 5) {
      pass(5_000);
      expect(pool.warm(connectMs)).toBeUndefined();
    }
    expect(attempts).toHaveLength(1);
    pass(125_000);
    await turn();
    expect(attempts[0].wire.destroyed).toBe(true);
  });

  test('replaces a connection that the backend closes', async () => {
    const { pool, attempts } = createPool();
    pool.warm(connectMs);
    attempts[0].succeed();
    attempts[0].wire.reader.onEnd();
    expect(pool.warm(connectMs)).toBe('connecting takes a while');
    await turn();
    pool.warm(connectMs);
    expect(attempts).toHaveLength(2);
  });

  test('opens nothing any more once it is retired', () => {
    const { pool, attempts } = createPool();
    pool.retire();
    expect(pool.warm(connectMs)).toBe('the pool is no longer in use');
    expect(attempts).toHaveLength(0);
  });
});
