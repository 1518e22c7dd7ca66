import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Passwords } from './passwords.ts';
import type { PasswordQuestion, PasswordThread } from './passwords.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** Threads that answer when they are told to. */
function threads() {
  const started: (EventEmitter & PasswordThread & { asked: PasswordQuestion[]; ended: boolean })[] = [];
  const start = (): PasswordThread => {
    const thread = Object.assign(new EventEmitter(), {
      asked: [] as PasswordQuestion[],
      ended: false,
      postMessage: (question: PasswordQuestion) => void thread.asked.push(question),
      unref: () => {},
      terminate: () => {
        thread.ended = true;
        return Promise.resolve(0);
      },
    });
    started.push(thread as unknown as (typeof started)[number]);
    return thread as unknown as PasswordThread;
  };
  return { started, start };
}

const sent = (password: string, client = '192.0.2.1') => ({ password, hash: '$2y$', client });

test('passwords are checked one after the other, and a good one is known for a minute', async () => {
  const { started, start } = threads();
  let now = 0;
  const passwords = new Passwords({ start, now: () => now });
  const good = passwords.matches(sent('good'));
  const bad = passwords.matches(sent('bad'));
  expect(started[0].asked).toHaveLength(1);
  started[0].emit('message', true);
  expect(await good).toBe(true);
  started[0].emit('message', false);
  expect(await bad).toBe(false);
  expect(passwords.matches(sent('good'))).toBe(true);
  now = 60_000;
  for (const again of ['good', 'bad']) {
    const checked = passwords.matches(sent(again));
    expect(checked).toBeInstanceOf(Promise);
    started[0].emit('message', again === 'good');
    await checked;
  }
  expect(passwords.matches({ ...sent('good'), hash: '$2y$another' })).toBeInstanceOf(Promise);
  expect(started).toHaveLength(1);
});

test('the same login is checked once, however often it is sent meanwhile', async () => {
  const { started, start } = threads();
  const passwords = new Passwords({ start });
  const all = Array.from({ length: 100 }, async () => passwords.matches(sent('good')));
  started[0].emit('message', true);
  expect(new Set(await Promise.all(all))).toEqual(new Set([true]));
  expect(started[0].asked).toHaveLength(1);
});

test('a flood of passwords is not checked: four of one client, and sixteen that wait', async () => {
  const { started, start } = threads();
  const passwords = new Passwords({ start });
  const flood = Array.from({ length: 100 }, (_, index) => passwords.matches(sent(`guess-${index}`)));
  expect(flood.filter((answer) => answer === undefined)).toHaveLength(96);
  const checked = Promise.all(flood.filter((answer) => answer instanceof Promise));
  const other = passwords.matches(sent('good', '192.0.2.2'));
  expect(other).toBeInstanceOf(Promise);
  for (let index = 0; index < 4; index++) started[0].emit('message', false);
  started[0].emit('message', true);
  expect(await other).toBe(true);
  await checked;
  expect(passwords.matches(sent('good'))).toBe(true);
  const many = Array.from({ length: 50 }, (_, index) => passwords.matches(sent('guess', `198.51.100.${index}`)));
  const distinct = Array.from({ length: 50 }, (_, index) => passwords.matches(sent(`x${index}`, `203.0.113.${index}`)));
  // The same guess of many clients is one question. One question is with the thread, and 16 wait.
  expect(many.filter((answer) => answer === undefined)).toHaveLength(0);
  expect(distinct.filter((answer) => answer === undefined)).toHaveLength(34);
});

test('a thread that ends leaves its question without an answer, and the next one has another thread', async () => {
  const { started, start } = threads();
  const passwords = new Passwords({ start });
  const [first, second] = [passwords.matches(sent('one')), passwords.matches(sent('two'))];
  started[0].emit('error', new Error('out of memory'));
  started[0].emit('exit');
  expect(await first).toBeUndefined();
  started[1].emit('message', true);
  expect(await second).toBe(true);
});

test('a thread without work ends after a minute', async () => {
  vi.useFakeTimers();
  const { started, start } = threads();
  const passwords = new Passwords({ start });
  const checked = passwords.matches(sent('one'));
  started[0].emit('message', false);
  await checked;
  vi.advanceTimersByTime(60_000);
  expect(started[0].ended).toBe(true);
  started[0].emit('exit');
  void passwords.matches(sent('two'));
  expect(started[1].asked).toHaveLength(1);
});

describe('the real thread', () => {
  // Made by crypt of libxcrypt.
  test.each([
    ['open sesame', '$2y$04$zyxwvutsrqponmlkjihgfeHo6Nj6Q.rPEMplj.Krtnc5/sRB0rnqK'],
    ['s3cret:pä', '$2b$04$abcdefghijklmnopqrstuupD0dw7J47QNrD1XfNNJ41Y9G44GhpiG'],
    ['open sesame', '$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQxMjM0NTY3OA$T/FMwgVDsa+vodsyYtYu9oWOdVws2Eb9MpJbIB8lZO4'],
  ])('knows the password %s of %s', async (password, hash) => {
    const passwords = new Passwords();
    expect(await passwords.matches({ password, hash, client: '192.0.2.1' })).toBe(true);
    expect(await passwords.matches({ password: `${password}.`, hash, client: '192.0.2.1' })).toBe(false);
  });
});
