import { compileRule } from '@sluice/model/rule';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createNodeMemory, NodeState, readTelemetry } from '../state/index.ts';
import { createPrng, seedOfRun } from '../route/testing/prng.ts';
import { authorization, permits, readPermission } from './authorization.ts';
import type { Identity } from './policy.ts';
import { recordedRequest } from './testing/recorded-request.ts';

const nobody: Identity = { method: 'jwt', subject: 'a', scopes: [], roles: [], permissions: [], claims: {} };

/** What the policy answers to callers, in order, and what it counted. */
function judge(
  { rule, ...settings }: Partial<Parameters<typeof authorization>[0]>,
  callers: readonly (Partial<Identity> | undefined)[],
) {
  const capacity = { routes: 4, targets: 1, backends: 1, series: 1, addresses: 1 };
  const memory = createNodeMemory({ workers: 1, capacity });
  const config = { reportOnly: false, rule, ...settings };
  const compiled = rule === undefined ? undefined : compileRule(rule);
  const policy = authorization(config, { state: new NodeState(memory, 0), slot: 2, rule: compiled });
  const answers = callers.map((caller) =>
    policy.onRequest?.(recordedRequest({ identity: caller && { ...nobody, ...caller } })),
  );
  return { answers, counted: Object.fromEntries(readTelemetry(memory).policyCounts(2)) };
}

const isRefused = (answer: unknown): boolean => typeof answer === 'object' && answer !== null && 'error' in answer;
const passes = (settings: Parameters<typeof judge>[0], caller: Partial<Identity> | undefined): boolean =>
  !isRefused(judge(settings, [caller]).answers[0]);

describe('a caller passes', () => {
  test('who has all scopes', () => {
    const settings = { scopes: ['a:read', 'b'] };
    expect(passes(settings, { scopes: ['b', 'c', 'a:read'] })).toBe(true);
    expect(passes(settings, { scopes: ['a:read'] })).toBe(false);
    expect(passes(settings, { scopes: ['A:READ', 'B', '*', 'a:*', 'a:read b'] })).toBe(false);
    expect(passes(settings, { roles: ['a:read', 'b'], claims: { scope: 'a:read b' } })).toBe(false);
  });

  test('who has one of the roles', () => {
    const settings = { roles: ['support', 'admin'] };
    expect(passes(settings, { roles: ['admin'] })).toBe(true);
    expect(passes(settings, { roles: ['Admin', '*', 'support,admin'] })).toBe(false);
  });

  test('who has all permissions', () => {
    const settings = { permissions: ['orders:write:own', 'orders:read:all'] };
    expect(passes(settings, { permissions: ['orders:*:*'] })).toBe(true);
    expect(passes(settings, { permissions: ['orders:write:own', '*:read:*'] })).toBe(true);
    expect(passes(settings, { permissions: ['orders:write:own'] })).toBe(false);
  });

  test('for whom everything holds that is asked for', () => {
    const settings = { scopes: ['a'], roles: ['r'], permissions: ['x:y:z'], rule: 'claims.tier == "premium"' };
    const whole = { scopes: ['a'], roles: ['r'], permissions: ['x:y:z'], claims: { tier: 'premium' } };
    expect(passes(settings, whole)).toBe(true);
    for (const part of Object.keys(whole))
      expect(passes(settings, { ...whole, [part]: nobody[part as 'scopes'] })).toBe(false);
  });

  test('anonymously only by a rule that asks for nobody', () => {
    for (const settings of [
      { scopes: ['a'] },
      { roles: ['a'] },
      { permissions: ['a:b:c'] },
      { rule: 'claims.a != "b"' },
    ])
      expect(passes(settings, undefined)).toBe(false);
    expect(passes({ rule: 'request.method == "GET"' }, undefined)).toBe(true);
  });
});

test('a refusal says what kind of right is missing, and names scopes only to a client that can ask for them', () => {
  const [ofToken, ofKey] = judge({ scopes: ['a', 'b'] }, [{ scopes: ['a'] }, { method: 'apiKey' }]).answers;
  expect(ofToken).toEqual({
    error: 'FORBIDDEN',
    details: ['the caller lacks a scope that this needs'],
    headers: [['WWW-Authenticate', 'Bearer error="insufficient_scope", scope="a b"']],
  });
  expect(ofKey).toEqual({ error: 'FORBIDDEN', details: ['the caller lacks a scope that this needs'], headers: [] });
  const rest = [{ roles: ['secret-role'] }, { permissions: ['secret:b:c'] }, { rule: 'claims.secret == 1' }];
  for (const settings of rest) expect(JSON.stringify(judge(settings, [nobody]).answers)).not.toContain('secret');
});

test('every judgement is counted by route, and a rule that cannot be told is counted apart', () => {
  const rule = 'claims.tier == "premium"';
  const callers = [{ claims: { tier: 'premium' } }, { claims: { tier: 'free' } }, {}, undefined];
  expect(judge({ rule }, callers).counted).toEqual({
    'authorization allowed': 1,
    'authorization refused': 3,
    'authorization rule_failed': 2,
  });
});

test('reportOnly refuses nobody and counts whom it would refuse', () => {
  const { answers, counted } = judge({ rule: 'claims.tier == "premium"', reportOnly: true }, [
    { claims: { tier: 'premium' } },
    { claims: { tier: 'free' } },
    {},
  ]);
  expect(answers).toEqual([undefined, undefined, undefined]);
  expect(counted).toEqual({
    'authorization allowed': 1,
    'authorization would_refuse': 2,
    'authorization rule_failed': 1,
  });
});

describe('a permission', () => {
  test.each([
    ['orders:write:own', true],
    ['orders:*:own', true],
    ['*:*:*', true],
    ['orders:write:all', false],
    ['*', false],
    ['orders:*', false],
    ['orders:write', false],
    ['orders:write:own:', false],
    ['orders:write:own:*', false],
    ['order*:write:own', false],
    ['**:write:own', false],
    ['orders::own', false],
    ['Orders:write:own', false],
    [' orders:write:own', false],
    ['orders:write:own\u0000', false],
    ['ｏrders:write:own', false],
    ['', false],
    ['::', false],
  ])('orders:write:own is %s: %s', (held, result) => {
    expect(permits([held], readPermission('orders:write:own'))).toBe(result);
  });

  test('is covered by what equals it part by part, or has * there', () => {
    const seed = seedOfRun();
    const { below, pick } = createPrng(seed);
    const parts = ['a', 'ab', 'b', 'é', '__proto__', '*', '', '**', 'a b'];
    const some = (count: number, of: readonly string[]): string[] => Array.from({ length: count }, () => pick(of));
    for (let run = 0; run < 20_000; run++) {
      const needed = some(3, parts.slice(0, 5));
      const lists = Array.from({ length: below(4) }, () => some(1 + below(4), parts));
      const isCovered = (list: string[]): boolean =>
        list.length === 3 && list.every((part, index) => part === '*' || part === needed[index]);
      const held = lists.map((list) => list.join(':'));
      expect(permits(held, readPermission(needed.join(':'))), `seed ${seed}, ${JSON.stringify({ held, needed })}`).toBe(
        lists.some(isCovered),
      );
    }
  });

  test('is matched as the table in docs/authorization.md says', () => {
    const page = readFileSync(new URL('../../../../docs/authorization.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| `(\S+:\S+)` \| `(\S+:\S+)` \| (yes|no) \|$/gm)];
    expect(rows.length).toBe(6);
    for (const [row, held, needed, answer] of rows)
      expect(permits([held], readPermission(needed)), row).toBe(answer === 'yes');
  });
});
