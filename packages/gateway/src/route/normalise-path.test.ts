import { describe, expect, test } from 'vitest';
import { hasDotSegment, isNormalPath, normalisePath } from './normalise-path.ts';
import { createPrng, seedOfRun } from './testing/prng.ts';

const accepted: [given: string, normal: string][] = [
  ['/', '/'],
  ['/a', '/a'],
  ['/a/', '/a/'],
  ['/.well-known/acme-challenge/x', '/.well-known/acme-challenge/x'],
  ['/..hidden', '/..hidden'],
  ['/...', '/...'],
  ['/a.b/c..d', '/a.b/c..d'],
  ["/~user/a-b_c!$&'()*+,;=:@", "/~user/a-b_c!$&'()*+,;=:@"],
  ['/a;v=1/b;w', '/a;v=1/b;w'],
  // slashes
  ['//', '/'],
  ['//a', '/a'],
  ['/a//b', '/a/b'],
  ['/a///b//', '/a/b/'],
  // dot segments
  ['/.', '/'],
  ['/./', '/'],
  ['/a/.', '/a/'],
  ['/a/./b', '/a/b'],
  ['/a/..', '/'],
  ['/a/../', '/'],
  ['/a/b/..', '/a/'],
  ['/a/b/../c', '/a/c'],
  ['/a/b/../../c', '/c'],
  ['/a//../b', '/b'],
  ['/a/.//../b', '/b'],
  // escapes
  ['/%61%2Db', '/a-b'],
  ['/%7Euser', '/~user'],
  ['/%7euser', '/~user'],
  ['/a%20b', '/a%20b'],
  ['/caf%c3%a9', '/caf%C3%A9'],
  ['/%E0%A4%A8', '/%E0%A4%A8'],
  ['/%F0%9F%98%80', '/%F0%9F%98%80'],
  ['/caf%E9', '/caf%E9'],
  ['/a%3bb', '/a%3Bb'],
  ['/a%3Fb%23c', '/a%3Fb%23c'],
  ['/100%25', '/100%25'],
  ['/%252e%252e/a', '/%252e%252e/a'],
  ['/%2541', '/%2541'],
  // characters that a path may not hold plainly
  ['/a|b', '/a%7Cb'],
  ['/a[0]', '/a%5B0%5D'],
  ['/{a}"<b>`^', '/%7Ba%7D%22%3Cb%3E%60%5E'],
  // encoded dot segments
  ['/%2e', '/'],
  ['/a/%2e/b', '/a/b'],
  ['/a/%2e%2e/b', '/b'],
  ['/a/%2E%2E/b', '/b'],
  ['/a/.%2e/b', '/b'],
  ['/a/%2e./b', '/b'],
  ['/a/%2e%2e', '/'],
];

const refused: [given: string, reason: RegExp][] = [
  ['', /does not begin/],
  ['*', /does not begin/],
  ['a/b', /does not begin/],
  ['%2Fa', /does not begin/],
  // above the root
  ['/..', /above its root/],
  ['/../a', /above its root/],
  ['/a/../../b', /above its root/],
  ['/%2e%2e/a', /above its root/],
  ['//../a', /above its root/],
  // broken escapes
  ['/%', /without two hexadecimal/],
  ['/%4', /without two hexadecimal/],
  ['/%4g', /without two hexadecimal/],
  ['/%g4', /without two hexadecimal/],
  ['/%%41', /without two hexadecimal/],
  ['/%u002e', /without two hexadecimal/],
  ['/a%2', /without two hexadecimal/],
  // encoded separators and control bytes
  ['/a%2Fb', /encoded byte 0x2F/],
  ['/a%2fb', /encoded byte 0x2F/],
  ['/..%2fadmin', /encoded byte 0x2F/],
  ['/a%5Cb', /encoded byte 0x5C/],
  ['/a%5cb', /encoded byte 0x5C/],
  ['/a%00', /encoded byte 0x00/],
  ['/a%0D%0Ab', /encoded byte 0x0D/],
  ['/a%09', /encoded byte 0x09/],
  ['/a%1f', /encoded byte 0x1F/],
  ['/a%7F', /encoded byte 0x7F/],
  // plain characters that servers read differently
  ['/a\\b', /byte 0x5C/],
  ['/..\\a', /byte 0x5C/],
  ['/a#b', /byte 0x23/],
  ['/a?b', /byte 0x3F/],
  ['/a b', /byte 0x20/],
  ['/a\tb', /byte 0x09/],
  ['/a\0', /byte 0x00/],
  ['/a\x7f', /byte 0x7F/],
  ['/caf\u00e9', /byte 0xE9/],
  // dot segments with parameters
  ['/a/..;/b', /dot segment with parameters/],
  ['/a/..;x=1/b', /dot segment with parameters/],
  ['/..;', /dot segment with parameters/],
  ['/a/.;/b', /dot segment with parameters/],
  ['/a/%2e%2e;/b', /dot segment with parameters/],
  ['/a/..%3b/b', /dot segment with parameters/],
  ['/a/.%2e%3Bx/b', /dot segment with parameters/],
  // over-long UTF-8
  ['/%C0%AE%C0%AE/a', /over-long/],
  ['/a%c0%afb', /over-long/],
  ['/a%C1%9Cb', /over-long/],
  ['/a%E0%80%AFb', /over-long/],
  ['/a%F0%80%80%AFb', /over-long/],
];

describe('normalisePath', () => {
  test.each(accepted)('brings %j to %j', (given, normal) => {
    expect(normalisePath(given)).toEqual({ ok: true, path: normal });
  });

  test.each(refused)('refuses %j', (given, reason) => {
    expect(normalisePath(given)).toEqual({ ok: false, reason: expect.stringMatching(reason) as string });
  });

  test.each(accepted)('recognises only normal paths at the first scan: %j', (given, normal) => {
    expect(given === normal || !isNormalPath(given)).toBe(true);
  });

  test.each(refused)('recognises no refused path as normal: %j', (given) => {
    expect(isNormalPath(given)).toBe(false);
  });

  test('recognises ordinary paths at the first scan', () => {
    const ordinary = ['/', '/a/', '/a.b/c..d', '/.well-known/x', '/a;v=1', '/caf%C3%A9', '/a%20b', '/100%25'];
    expect(ordinary.filter((path) => !isNormalPath(path))).toEqual([]);
  });

  const seed = seedOfRun();
  test(`changes nothing the second time and leaves nothing ambiguous, for random paths (seed ${seed})`, () => {
    const prng = createPrng(seed);
    const pieces = [
      '/',
      '/',
      '//',
      '.',
      '..',
      '%2e',
      '%2E',
      '%2f',
      '%5C',
      '%41',
      '%c3%a9',
      '%25',
      '%',
      ';',
      '\\',
      '|',
    ].concat(['a', 'b', '2e', '%3b', '%C0', '%AE', '~', '[', '#', ' ', '\u00e9']);
    const paths = Array.from(
      { length: 20_000 },
      () => `/${Array.from({ length: prng.below(9) }, () => prng.pick(pieces)).join('')}`,
    );
    expect(paths.filter((path) => normalisePath(path).ok).length).toBeGreaterThan(2_000);
    expect(paths.flatMap((path) => faultOf(path) ?? [])).toEqual([]);
  });
});

/** What is wrong with the answer to a path, if anything. */
function faultOf(given: string): string | undefined {
  const first = normalisePath(given);
  if (!first.ok) return isNormalPath(given) ? `${given} is refused and yet normal` : undefined;
  const second = normalisePath(first.path);
  if (!second.ok || second.path !== first.path) return `${given} → ${first.path} → ${JSON.stringify(second)}`;
  if (isNormalPath(given) && first.path !== given) return `${given} was normal and became ${first.path}`;
  const ambiguity = ambiguityIn(first.path);
  return ambiguity === undefined ? undefined : `${given} → ${first.path} still has ${ambiguity}`;
}

/** What two servers could read differently, if anything. */
function ambiguityIn(path: string): string | undefined {
  const forbidden = [
    /^[^/]|^$/,
    /\/\//,
    /\/\.\.?(?:\/|;|%3B|$)/,
    /%(?![0-9A-F]{2})/,
    /%(?:2E|2F|5C|7F|[01][0-9A-F])/,
    /%(?:4[1-9A-F]|5[0-9A]|6[1-9A-F]|7[0-9A]|3[0-9]|2D|5F|7E)/,
    // eslint-disable-next-line no-control-regex -- the bytes are what must not occur
    /[\\#?\x00-\x20\x7f-\uffff"<>[\]^`{|}]/,
  ];
  return forbidden.find((pattern) => pattern.test(path))?.source;
}

test.each([
  ['/a/../b', true],
  ['/a/%2e', true],
  ['/a%2F.%2E%5Cb', true],
  ['/..;x', true],
  ['/a/.%3Bx', true],
  ['/.well-known/a..b/...', false],
  ['/a%2Fb/.x/x.', false],
])('%s has a dot segment in some spelling: %s', (path, verdict) => {
  expect(hasDotSegment(path)).toBe(verdict);
});
