import { expect, test } from 'vitest';
import { recordedRequest } from '../../testing/recorded-request.ts';
import { cookiesOf, fromPieces, setInPieces, takeOffCookies } from './cookies.ts';

const requestWith = (cookie: string | undefined, isRepeated = false) =>
  recordedRequest({ header: (name) => (name === 'cookie' ? cookie : undefined), isRepeated: () => isRepeated });
const options = { secure: true, maxAgeMs: 60_000 };

/** The cookies that a browser has after these fields. */
function kept(
  fields: readonly (readonly [string, string])[] | undefined,
  before: ReadonlyMap<string, string> = new Map(),
) {
  const cookies = new Map(before);
  for (const [, line] of fields ?? []) {
    const [, name = '', value = '', age = ''] = /^([^=]+)=([^;]*);.*Max-Age=(\d+)/.exec(line) ?? [];
    if (age === '0') cookies.delete(name);
    else cookies.set(name, value);
  }
  return cookies;
}

test('a long value is set in pieces below 4 KB, and a shorter one after it clears what is left', () => {
  const long = 'x'.repeat(9000);
  const fields = setInPieces('__Host-sluice-session-1', long, options, new Map());
  expect(fields?.map(([, line]) => line.split(';', 1)[0].length < 4096)).toEqual([true, true, true]);
  const cookies = kept(fields);
  expect(fromPieces('__Host-sluice-session-1', cookies)).toBe(long);
  const after = kept(setInPieces('__Host-sluice-session-1', 'short', options, cookies), cookies);
  expect([...after]).toEqual([['__Host-sluice-session-1', '1.short']]);
  expect(setInPieces('a', 'x'.repeat(11_401), options, new Map())).toBeUndefined();
});

test('a piece that is missing, or a count that nobody set, is no value', () => {
  expect(fromPieces('a', new Map([['a', '2.x']]))).toBeUndefined();
  for (const value of ['', 'x', '0.x', '9.x', '1']) expect(fromPieces('a', new Map([['a', value]]))).toBeUndefined();
});

test('only the cookies of the gateway are looked at, and of two with one name the first', () => {
  const cookies = cookiesOf(requestWith('a=b; sluice-session-1=x;sluice-session-1=y; __Host-sluice-login-2=z'));
  expect([...cookies]).toEqual([
    ['sluice-session-1', 'x'],
    ['__Host-sluice-login-2', 'z'],
  ]);
  expect(cookiesOf(requestWith('sluice-session-1=x', true)).size).toBe(0);
});

test('a long cookie is read in one go, whatever is in it', () => {
  const value = `1.x${' '.repeat(100_000)}y`;
  expect([...cookiesOf(requestWith(`a=${value}; sluice-session-1=${value}`))]).toEqual([['sluice-session-1', value]]);
});

test.each([
  ['a=b; __Host-sluice-session-1=x; c=d', ['set Cookie: a=b; c=d']],
  ['sluice-session-1=x; sluice-session-1.1=y;sluice-login-1-a=z', ['remove Cookie']],
  ['a=sluice-session; sluice-other=1', ['set Cookie: a=sluice-session; sluice-other=1']],
  ['a=b', []],
  [undefined, []],
])('of %s the backend gets only what is its own', (cookie, done) => {
  const request = requestWith(cookie);
  takeOffCookies(request);
  expect(request.done).toEqual(done);
});

test('of several fields of cookies the backend gets none: only the first can be looked at', () => {
  for (const cookie of ['a=b', 'sluice-session-1=x; a=b']) {
    const request = requestWith(cookie, true);
    takeOffCookies(request);
    expect(request.done).toEqual(['remove Cookie']);
  }
});
