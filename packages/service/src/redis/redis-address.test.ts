import { expect, test } from 'vitest';
import { redisAddress } from './redis-address.ts';
import { openRedisClient, requireRedisLibrary } from './redis-client.ts';

test.each([
  ['redis://localhost', 'redis://localhost:6379', false],
  ['redis://user:pass%40word@redis.example:7000/3', 'redis://redis.example:7000/3', false],
  ['rediss://:secret@[2001:db8::1]/', 'rediss://[2001:db8::1]:6379', true],
])('%s is shown as %s', (url, shown, tls) => {
  expect(redisAddress(url)).toMatchObject({ url, shown, tls });
});

test.each([
  '',
  'localhost:6379',
  'http://:secret@localhost',
  'redis://',
  'redis://user:secret@host:notaport',
  'redis://:secret@host/name',
  'redis://:secret%@host',
])('%j is refused by the name of its key, without its value', (url) => {
  expect(() => redisAddress(url)).toThrow(/^redis\.url: /);
  expect(() => redisAddress(url)).not.toThrow(/secret/);
});

test('the password is taken out of what others say, written either way', () => {
  const { hide } = redisAddress('redis://me:p%40ss@host');
  expect(hide("AUTH 'me' 'p@ss' p%40ss")).toBe("AUTH 'me' '[hidden]' [hidden]");
  expect(redisAddress('redis://host').hide('as it is')).toBe('as it is');
});

const log = { info: () => undefined, warn: () => undefined };

test('says what to install when the library is missing', async () => {
  const missing = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
  const opened = openRedisClient('bus', { url: 'redis://localhost', log, load: () => Promise.reject(missing) });
  const message = /redis\.url needs .* npm install @redis\/client$/;
  await expect(opened).rejects.toThrow(message);
  const absent = (): never => {
    throw missing;
  };
  expect(() => requireRedisLibrary(absent)).toThrow(message);
  expect(() => requireRedisLibrary()).not.toThrow();
});

test('a library that is there but broken is not called missing', async () => {
  const broken = new Error('broken');
  const opened = openRedisClient('bus', { url: 'redis://localhost', log, load: () => Promise.reject(broken) });
  await expect(opened).rejects.toBe(broken);
});
