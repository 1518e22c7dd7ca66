import { describe, expect, test } from 'vitest';
import { normalisePath } from '../route/index.ts';
import { createPrng, seedOfRun } from '../route/testing/prng.ts';
import type { Prng } from '../route/testing/prng.ts';
import { pathRewrite } from './path-rewrite.ts';
import type { PolicyAnswer } from './policy.ts';
import { recordedRequest } from './testing/recorded-request.ts';

const seed = seedOfRun();

const rewrites: readonly (readonly [rule: string, path: string, expected: string | undefined])[] = [
  ['/test/(.*) → /$1', '/test/get', '/get'],
  ['/test/(.*) -> /$1', '/test/', '/'],
  ['/test/(.*) → /$1', '/test', undefined],
  ['/test/(.*) → /$1', '/other/test/get', undefined],
  ['/test/(.*) → /$1', '/TEST/get', undefined],
  ['/api/v1/(.*) → /v2/$1', '/api/v1/users/7', '/v2/users/7'],
  ['/test(.*) → $1', '/test/get', '/get'],
  ['/test(.*) → $1', '/test', '/'],
  ['/test(.*) → $1', '/testing', '/ing'],
  ['/test(.*) → /$1', '/test/get', '/get'],
  ['/a/(.*) → /b', '/a/x', '/b'],
  ['/(\\w+)/(\\d+) → /$2/$1', '/users/7', '/7/users'],
  ['/(\\w+)/(\\d+) → /$2/$1', '/users/x', undefined],
  ['/(a)?(b)? → /x$1y$2', '/b', '/xyb'],
  ['(.*) → /all$0', '/a', '/all/a'],
  ['/a/(.*) → $$/$1', '/a/b', '/$/b'],
  ['/a/(.*) → /$$1/$1', '/a/b', '/$1/b'],
  ['/a/(.*) → /x%c3%a9/$1', '/a/b', '/x%C3%A9/b'],
  ['/static(.*) → /assets$1', '/static../x', '/assets../x'],
  ['/a/(.*) → //b/$1', '/a/c', '/b/c'],
];

/** Pieces that are harmless apart, put together to what no path may be. */
const escapes: readonly (readonly [rule: string, path: string])[] = [
  ['/static(.*) → /assets/$1', '/static../secret'],
  ['/static(.*) → /assets/$1', '/static..'],
  ['/static(.*) → /assets/$1', '/static./x'],
  ['/a-(.*) → /.$1', '/a-./secret'],
  ['/a-(.*) → $1', '/a-../secret'],
  ['/a(.*)b(.*) → /$1/%2$2', '/axbF'],
  ['/static(.*) → /assets/$1', '/static..;x/secret'],
  ['/a(.*) → /x/%$1', '/a2f'],
  ['/a(.*) → /x/%$1', '/azz'],
];

describe('pathRewrite', () => {
  test.each(rewrites)('%s makes %s %s', (rule, path, expected) => {
    expect(rewrite(rule, path)).toEqual({ path: expected });
  });

  test.each(escapes)('%s refuses %s', (rule, path) => {
    expect(rewrite(rule, path)).toMatchObject({ answer: { error: 'MALFORMED_REQUEST' }, path: undefined });
  });

  test(`does the same with and without the prefix shortcut (seed ${seed})`, () => {
    const prng = createPrng(seed);
    let matched = 0;
    for (let round = 0; round < 3_000; round++) {
      const prefix = `/${randomText(prng, 'ab/_~-', 4)}`;
      const target = prng.pick(['/', '/x/', '/x', '//', '/.', '/a%2d', '$$', '/$$/', '/x/.']);
      const path = randomPath(prng, prefix);
      const short = rewrite(`${prefix}(.*) → ${target}$1`, path);
      // The group makes no difference to what matches, but it is more than the shortcut understands.
      const full = rewrite(`(?:${prefix})(.*) → ${target}$1`, path);
      if (short.path !== undefined) matched++;
      expect(short, `seed ${seed}, round ${round}: ${prefix} → ${target} for ${path}`).toEqual(full);
    }
    expect(matched).toBeGreaterThan(500);
  });

  test(`always sends a path in normal form (seed ${seed})`, () => {
    const prng = createPrng(seed);
    const rules = ['/(.*)a(.*) → /$2$1', '/(.*)a(.*) → $2/$1/', '/(.*) → /%$1', '/(.*)(.) → /.$1.$2', '(.)* → $1'];
    let rewritten = 0;
    for (let round = 0; round < 3_000; round++) {
      const { path } = rewrite(prng.pick(rules), randomPath(prng, '/'));
      if (path !== undefined) rewritten++;
      expect(path === undefined || isNormal(path), `seed ${seed}, round ${round}: ${path}`).toBe(true);
    }
    expect(rewritten).toBeGreaterThan(500);
  });

  // A backtracking engine would take longer than the age of the universe: being answered is the proof.
  test.each([
    '/(a+)+$ → /x',
    '/(a|a)*b → /x',
    '/(.*)*(.*)*(.*)*c → /$1',
    '/((a*)*)*d → /x',
    '/(a?){200}(a){200}e → /x',
  ])('answers %s for 2,000 letters that almost match', (rule) => {
    expect(rewrite(rule, `/${'a'.repeat(2_000)}!`)).toEqual({ path: undefined });
  });
});

function rewrite(rule: string, path: string): { answer?: PolicyAnswer; path: string | undefined } {
  const request = recordedRequest({ path });
  const answer = pathRewrite(rule).onRequest?.(request) as PolicyAnswer | undefined;
  const sent = request.done[0]?.replace(/^path /, '');
  return answer === undefined ? { path: sent } : { answer, path: sent };
}

function isNormal(path: string): boolean {
  const normalised = normalisePath(path);
  return normalised.ok && normalised.path === path;
}

/** Paths that have been normalised, as those that policies see. */
function randomPath(prng: Prng, prefix: string): string {
  for (;;) {
    const start = prng.below(4) === 0 ? '/' : prefix;
    const normalised = normalisePath(start + randomText(prng, 'ab/.;%_~-2Fe', 10));
    if (normalised.ok) return normalised.path;
  }
}

function randomText(prng: Prng, letters: string, length: number): string {
  return Array.from({ length: prng.below(length) }, () => letters[prng.below(letters.length)]).join('');
}
