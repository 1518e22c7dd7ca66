import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Mock } from 'vitest';
import { freePort, startRedis } from '@sluice/service/testing';
import type { TestRedis } from '@sluice/service/testing';
import type { Bus, BusListener } from './bus.ts';
import { describeBus } from './testing/conformance.ts';
import { openRedisBus } from './redis-bus.ts';
import type { RedisBusOptions } from './redis-bus.ts';
import { sealMessage } from './sealed-message.ts';

const listener = (): Mock<BusListener> => vi.fn<BusListener>();

let redis: TestRedis;
const opened: Bus[] = [];
const warn = vi.fn<RedisBusOptions['log']['warn']>();
const log = { info: () => undefined, warn };

const clusterSecret = Buffer.alloc(32, 7);
const keyOf = () => clusterSecret;

async function open(options: Partial<RedisBusOptions> = {}): Promise<Bus> {
  const bus = await openRedisBus({ url: redis.url, log, keyOf, ...options });
  opened.push(bus);
  return bus;
}

async function connected(bus: Bus): Promise<Bus> {
  await vi.waitFor(() => expect(bus.connected).toBe(true));
  return bus;
}

/** Publishes until the listener has heard it: subscribing takes a moment on the other side. */
async function reaches(from: Bus, heard: ReturnType<typeof listener>, topic = 'revision'): Promise<void> {
  const message = { probe: Math.random() };
  await vi.waitFor(() => {
    from.publish(topic, message);
    expect(heard).toHaveBeenCalledWith(message);
  });
}

beforeEach(async () => {
  redis = await startRedis();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((bus) => bus.close()));
  await redis.stop();
  warn.mockReset();
});

describe('the bus over Redis', () => {
  describeBus(async (itsLog) => connected(await openRedisBus({ url: redis.url, log: itsLog, keyOf })));

  test('carries messages to other processes, not to other topics, and its own only once', async () => {
    const [from, to] = [await connected(await open()), await connected(await open())];
    const [own, heard, other] = [listener(), listener(), listener()];
    to.subscribe('revision', heard);
    to.subscribe('node', other);
    from.subscribe('revision', own);
    await reaches(from, heard);
    await reaches(from, own);
    from.publish('revision', 'last');
    for (const one of [heard, own]) {
      await vi.waitFor(() => expect(one).toHaveBeenLastCalledWith('last'));
      one.mockClear();
    }
    for (let revision = 1; revision <= 500; revision++) from.publish('revision', { revision });
    await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(500));
    expect(heard.mock.calls.flat()).toEqual(Array.from({ length: 500 }, (_, index) => ({ revision: index + 1 })));
    expect(own).toHaveBeenCalledTimes(500);
    expect(other).not.toHaveBeenCalled();
  });

  test('installations with prefixes of their own do not hear each other', async () => {
    const [ours, ours2] = [
      await connected(await open({ prefix: 'ours:' })),
      await connected(await open({ prefix: 'ours:' })),
    ];
    const [theirs, theirs2] = [await connected(await open()), await connected(await open())];
    const [heard, heardByThem] = [listener(), listener()];
    ours2.subscribe('revision', heard);
    theirs2.subscribe('revision', heardByThem);
    await reaches(ours, heard);
    // Redis keeps the order: what they could have heard of ours came before this.
    await reaches(theirs, heardByThem);
    const messages = heard.mock.calls.map(([message]) => message);
    for (const [message] of heardByThem.mock.calls) expect(messages).not.toContainEqual(message);
  });

  test('its health has the time of the last check, and tells that Redis is away and back', async () => {
    const bus = await connected(await open());
    const address = redis.url;
    await vi.waitFor(() => expect(bus.health()?.response_time_ms).toBeGreaterThan(0));
    expect(bus.health()).toMatchObject({ name: 'bus', status: 'healthy', address });
    await redis.kill();
    await vi.waitFor(() => expect(bus.health()).toMatchObject({ status: 'unhealthy', address }));
    await vi.waitFor(() => expect(bus.health()?.reason).toContain('ECONNREFUSED'));
    await redis.restart();
    await vi.waitFor(() => expect(bus.health()?.status).toBe('healthy'));
  });

  test('subscribers come back by themselves after Redis was killed and started again', async () => {
    const [from, to] = [await connected(await open()), await connected(await open())];
    const heard = listener();
    to.subscribe('revision', heard);
    await reaches(from, heard);
    await redis.kill();
    await vi.waitFor(() => expect([from.connected, to.connected]).toEqual([false, false]));
    const late = listener();
    to.subscribe('late', late);
    await redis.restart();
    await Promise.all([connected(from), connected(to)]);
    await reaches(from, heard);
    await reaches(from, late, 'late');
  });

  test('while Redis is away own listeners hear, the oldest messages are given up and the newest sent later', async () => {
    const [from, to] = [
      await connected(await open({ limits: { messages: 10, size: 10_000 } })),
      await connected(await open()),
    ];
    const [own, heard] = [listener(), listener()];
    to.subscribe('revision', heard);
    await reaches(from, heard);
    from.subscribe('revision', own);
    await redis.kill();
    await vi.waitFor(() => expect([from.connected, to.connected]).toEqual([false, false]));
    const before = from.counts.dropped;
    for (let revision = 1; revision <= 30; revision++) from.publish('revision', { revision });
    await vi.waitFor(() => expect(own).toHaveBeenCalledTimes(30));
    expect(from.counts.dropped - before).toBe(20);
    await redis.restart();
    await Promise.all([connected(from), connected(to)]);
    from.publish('revision', 'last');
    await vi.waitFor(() => expect(from.connected).toBe(true));
    await reaches(from, heard);
    expect(from.counts.dropped - before).toBe(20);
  });

  test('opens at once when Redis is down and connects when it is there', async () => {
    await redis.kill();
    const bus = await open();
    expect(bus.connected).toBe(false);
    const heard = listener();
    bus.subscribe('revision', heard);
    bus.publish('revision', 1);
    await vi.waitFor(() => expect(heard).toHaveBeenCalledExactlyOnceWith(1));
    await vi.waitFor(() => expect(warn).toHaveBeenCalled());
    await redis.restart();
    await connected(bus);
  });

  test('can be closed while Redis is away, and sends what is on its way when it is there', async () => {
    const [from, to] = [await connected(await open()), await connected(await open())];
    const heard = listener();
    to.subscribe('node', heard);
    await reaches(from, heard, 'node');
    for (let index = 0; index < 200; index++) from.publish('node', index);
    from.publish('node', 'bye');
    await from.close();
    await vi.waitFor(() => expect(heard).toHaveBeenLastCalledWith('bye'));
    await redis.kill();
    await to.close();
  });

  test('what others put on its channels, or put there once more, is ignored and counted', async () => {
    const { createClient } = await import('@redis/client');
    const to = await connected(await open());
    const stranger = createClient({ url: redis.url });
    stranger.on('error', () => undefined);
    await stranger.connect();
    const heard = listener();
    to.subscribe('revision', heard);
    await reaches(await connected(await open()), heard);
    const sealed = (number: number, { of = clusterSecret, at = Date.now(), topic = 'revision' } = {}): string =>
      sealMessage(of, topic, { seal: { from: 'x', number, at }, text: String(number) });
    const strange = [
      '',
      'no json',
      'null',
      '{"from":"x","message":7}',
      `"${'x'.repeat(2_000_000)}"`,
      sealed(1, { of: Buffer.alloc(32, 8) }),
      sealed(1, { topic: 'node' }),
      sealed(1).replace('"message":1', '"message":9'),
    ];
    const late = [sealed(2, { at: Date.now() - 3_600_000 }), sealed(2, { at: Date.now() + 3_600_000 })];
    const good = [sealed(3), sealed(4)];
    for (const text of [...strange, ...late, ...good, ...good]) await stranger.publish('sluice:bus:revision', text);
    await vi.waitFor(() => expect(to.counts.malformed).toBe(strange.length + late.length + good.length));
    expect(heard.mock.calls.flat().filter((message) => typeof message === 'number')).toEqual([3, 4]);
    const reason = 'it is not sealed with the key of this installation';
    expect(warn).toHaveBeenCalledWith('a message on the bus is ignored', { topic: 'revision', reason, count: 4 });
    stranger.destroy();
  });

  test('a server that stops answering is given up, and found again', async () => {
    const [from, to] = [await connected(await open()), await connected(await open())];
    const heard = listener();
    to.subscribe('revision', heard);
    await reaches(from, heard);
    process.kill(redis.pid, 'SIGSTOP');
    await vi.waitFor(() => expect([from.connected, to.connected]).toEqual([false, false]));
    process.kill(redis.pid, 'SIGCONT');
    await Promise.all([connected(from), connected(to)]);
    await reaches(from, heard);
  });
});

describe('with a password', () => {
  const password = 'hunter2-hunter2';

  test('gets in, and a wrong one is told without showing any', async () => {
    const locked = await startRedis(['--requirepass', password]);
    try {
      await connected(await open({ url: `redis://:${password}@127.0.0.1:${locked.port}` }));
      const refused = await open({ url: `redis://:wrong-secret@127.0.0.1:${locked.port}` });
      await vi.waitFor(() => expect(warn).toHaveBeenCalled());
      expect(refused.connected).toBe(false);
      const said = JSON.stringify(warn.mock.calls, (_, value: unknown) =>
        value instanceof Error ? `${value.message} ${value.stack}` : value,
      );
      expect(said).toContain('WRONGPASS');
      expect(said).toContain(`redis://127.0.0.1:${locked.port}`);
      expect(said).not.toMatch(/hunter2|wrong-secret/);
    } finally {
      await locked.stop();
    }
  });
});

test('rediss: is TLS, and a certificate that nobody vouches for is refused', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'redis-tls-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, '-keyout', key, '-out', cert], {
    stdio: 'pipe',
  });
  const port = await freePort();
  const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
  const secure = await startRedis(['--tls-port', String(port), ...files, '--tls-auth-clients', 'no']);
  const trusted = getCACertificates('default');
  try {
    const bus = await open({ url: `rediss://localhost:${port}` });
    await vi.waitFor(() => expect(JSON.stringify(warn.mock.calls)).toContain('self-signed'));
    expect(bus.connected).toBe(false);
    setDefaultCACertificates([...trusted, await readFile(cert, 'utf8')]);
    await connected(await open({ url: `rediss://localhost:${port}` }));
  } finally {
    setDefaultCACertificates(trusted);
    await secure.stop();
    await rm(folder, { recursive: true });
  }
});
