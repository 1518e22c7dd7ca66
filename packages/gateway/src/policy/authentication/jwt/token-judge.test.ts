import { parseConfig } from '@sluice/model';
import type { JwtMethodConfig } from '@sluice/model';
import { importPKCS8, SignJWT } from 'jose';
import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import type { AuthenticationOutcome, Declined } from '../method.ts';
import { AllFetchedKeys } from './fetched-keys.ts';
import { KeySource } from './key-source.ts';
import { SecretTexts } from '../../secret-texts.ts';
import { TokenCache } from './token-cache.ts';
import { TokenJudge } from './token-judge.ts';

const ec = { namedCurve: 'P-256' };
const pairs = {
  a: generateKeyPairSync('ec', ec),
  b: generateKeyPairSync('ec', ec),
};
const url = 'https://id.example/jwks.json';

let now: number;
let tokens: TokenCache;
let fetched: AllFetchedKeys;
let asked: string[];

beforeEach(() => {
  now = Date.UTC(2026, 0, 1);
  tokens = new TokenCache();
  asked = [];
  fetched = new AllFetchedKeys(
    (name) => asked.push(name),
    () => now,
  );
});

/** The keys of these names as the main thread would send them. */
function publish(...names: (keyof typeof pairs)[]): void {
  const keys = names.map((kid) => ({ ...pairs[kid].publicKey.export({ format: 'jwk' }), kid }));
  fetched.put(url, JSON.stringify({ keys }));
}

function settings(fields: object = {}): JwtMethodConfig {
  const method = { type: 'jwt', jwksUrl: url, algorithms: ['ES256'], ...fields };
  const backends = [{ name: 'b', url: 'http://127.0.0.1:9' }];
  const read = parseConfig({ routes: [{ name: 'a', authentication: { methods: [method] }, backends }] });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.config.routes[0].authentication!.methods[0] as JwtMethodConfig;
}

function judgeOf(fields: object = {}): TokenJudge {
  const config = settings(fields);
  const source = new KeySource(config, { texts: new SecretTexts(), fetched });
  return new TokenJudge(config, { source, tokens, now: () => now });
}

async function sign(claims: object, key: keyof typeof pairs = 'a', header: object = { kid: key }): Promise<string> {
  const pem = String(pairs[key].privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'ES256', ...header })
    .sign(await importPKCS8(pem, 'ES256'));
}

const seconds = (): number => now / 1000;
const named = async (outcome: ReturnType<TokenJudge['outcomeOf']>): Promise<unknown> => inShort(await outcome);

function inShort(outcome: AuthenticationOutcome | Declined): unknown {
  return 'identity' in outcome ? outcome.identity.subject : outcome;
}

test('a token that was verified is known at once, until it ends', async () => {
  publish('a');
  const judge = judgeOf({ clockTolerance: '2s' });
  const token = await sign({ sub: 'ada', exp: seconds() + 60, nbf: seconds() + 10 });
  expect(await named(judge.outcomeOf(token))).toEqual({ refused: 'the token is not valid yet' });
  now += 8_000;
  const first = judge.outcomeOf(token);
  expect(first).toBeInstanceOf(Promise);
  expect(await named(first)).toBe('ada');
  const second = judge.outcomeOf(token);
  expect(inShort(second as AuthenticationOutcome)).toBe('ada');
  now += 53_999;
  expect(inShort(judge.outcomeOf(token) as AuthenticationOutcome)).toBe('ada');
  now += 1;
  expect(judge.outcomeOf(token)).toEqual({ refused: 'the token has expired' });
});

test('a key that is removed ends its tokens, also those that were verified; one that stays does not', async () => {
  publish('a', 'b');
  const judge = judgeOf();
  const [ofA, ofB] = [await sign({ sub: 'ada' }, 'a'), await sign({ sub: 'bob' }, 'b')];
  expect([await named(judge.outcomeOf(ofA)), await named(judge.outcomeOf(ofB))]).toEqual(['ada', 'bob']);
  publish('b');
  const gone = judge.outcomeOf(ofA);
  fetched.answered(url, { isAway: false, againInMs: 10_000 });
  expect(await gone).toEqual({ refused: 'the token is signed by an unknown key' });
  expect(judge.outcomeOf(ofB)).toMatchObject({ identity: { subject: 'bob' } });
});

test('an unknown key is asked for once, and requests wait for the answer together', async () => {
  publish('a');
  const judge = judgeOf();
  const token = await sign({ sub: 'bob' }, 'b');
  const other = await sign({ sub: 'eve' }, 'b');
  const waiting = [judge.outcomeOf(token), judge.outcomeOf(token), judge.outcomeOf(other)];
  await Promise.resolve();
  expect(asked).toEqual([url]);
  publish('a', 'b');
  fetched.answered(url, { isAway: false, againInMs: 10_000 });
  expect(await Promise.all(waiting.map(named))).toEqual(['bob', 'bob', 'eve']);
});

test('whoever sends names of keys at random is refused at once until the next fetch, and then asks once', async () => {
  publish('a');
  const judge = judgeOf();
  const random = (number: number) => sign({ sub: 'eve' }, 'b', { kid: `random ${number}` });
  const first = judge.outcomeOf(await random(0));
  fetched.answered(url, { isAway: false, againInMs: 10_000 });
  expect(await first).toEqual({ refused: 'the token is signed by an unknown key' });
  for (let i = 1; i < 20; i++) await judge.outcomeOf(await random(i));
  expect(asked).toHaveLength(1);
  now += 10_000;
  // This name was asked for: it is not asked for again for a while.
  await judge.outcomeOf(await random(0));
  expect(asked).toHaveLength(1);
  const second = judge.outcomeOf(await random(1));
  fetched.answered(url, { isAway: false, againInMs: 10_000 });
  await second;
  expect(asked).toHaveLength(2);
  // Those who have good tokens have noticed nothing.
  expect(await named(judge.outcomeOf(await sign({ sub: 'ada' })))).toBe('ada');
});

test('without keys, or with a key that may be new while the host is away, a token cannot be checked', async () => {
  const judge = judgeOf();
  const unknown = { unavailable: 'the keys that verify tokens cannot be had' };
  const early = judge.outcomeOf(await sign({ sub: 'ada' }));
  fetched.answered(url, { isAway: true, againInMs: 10_000 });
  expect(await early).toEqual(unknown);
  publish('a');
  expect(await named(judge.outcomeOf(await sign({ sub: 'ada' })))).toBe('ada');
  now += 10_000;
  const late = judge.outcomeOf(await sign({ sub: 'bob' }, 'b'));
  fetched.answered(url, { isAway: true, againInMs: 10_000 });
  expect(await late).toEqual(unknown);
  expect(await named(judge.outcomeOf(await sign({ sub: 'ada' })))).toBe('ada');
});

test('tokens that do not verify never take the place of good ones', async () => {
  publish('a');
  const judge = judgeOf();
  await judge.outcomeOf(await sign({ sub: 'ada' }));
  const { bytes } = tokens;
  for (let i = 0; i < 10; i++) {
    await judge.outcomeOf(await sign({ sub: `eve ${i}` }, 'b', { kid: 'a' }));
    await judge.outcomeOf(await sign({ sub: `old ${i}`, exp: seconds() - 1 }));
  }
  expect(tokens.bytes).toBe(bytes);
});

test('a token of another issuer or algorithm is left to other methods, whether it is known or not', async () => {
  publish('a');
  const [mine, other] = [judgeOf({ issuer: 'https://id.example' }), judgeOf({ issuer: 'https://other.example' })];
  const token = await sign({ sub: 'ada', iss: 'https://id.example' });
  expect(other.outcomeOf(token)).toEqual({ declined: 'the token is of another issuer' });
  expect(await named(mine.outcomeOf(token))).toBe('ada');
  expect(other.outcomeOf(token)).toEqual({ declined: 'the token is of another issuer' });
  expect(judgeOf({ algorithms: ['ES384'] }).outcomeOf(token)).toEqual({
    declined: 'the algorithm of the token is not accepted',
  });
});

test('a method judges by its own settings what another one has verified', async () => {
  publish('a');
  const token = await sign({ sub: 'ada', aud: ['orders', 'users'] });
  const judges = ['orders', 'users', 'admin'].map((name) => judgeOf({ audience: [name] }));
  for (let round = 0; round < 2; round++) {
    const outcomes = await Promise.all(judges.map((judge) => named(judge.outcomeOf(token))));
    expect(outcomes).toEqual(['ada', 'ada', { refused: 'the token is for another audience' }]);
  }
});

const bad = { refused: expect.any(String) as string };
test.each([
  ['another audience', { audience: ['orders'] }, { aud: 'order' }, bad],
  ['no audience', { audience: ['orders'] }, {}, bad],
  ['an audience that is an object', { audience: ['orders'] }, { aud: { orders: true } }, bad],
  ['one of several audiences', { audience: ['orders'] }, { aud: ['users', 'orders'] }, 'ada'],
  ['a missing claim', { requiredClaims: ['email'] }, {}, bad],
  ['a claim that is null', { requiredClaims: ['email'] }, { email: null }, bad],
  ['a claim by its inherited name', { requiredClaims: ['constructor'] }, {}, bad],
  ['an end that is a text', {}, { exp: '4102444800' }, bad],
  ['a start that is a text', {}, { nbf: '0' }, bad],
  ['a subject that is a list', {}, { sub: ['ada'] }, bad],
])('%s', async (_name, fields, claims, expected) => {
  publish('a');
  expect(await named(judgeOf(fields).outcomeOf(await sign({ sub: 'ada', ...claims })))).toEqual(expected);
});

test.each([
  [undefined, undefined, true],
  [undefined, 'JWT', true],
  [undefined, 'application/at+jwt', true],
  [undefined, 'logout+jwt', false],
  ['at+jwt', 'at+JWT', true],
  ['at+jwt', 'JWT', false],
  ['at+jwt', undefined, false],
])('typ %s takes a token with typ %s: %s', async (wanted, typ, isTaken) => {
  publish('a');
  const judge = judgeOf(wanted === undefined ? {} : { typ: wanted });
  const token = await sign({ sub: 'ada' }, 'a', { kid: 'a', ...(typ !== undefined && { typ }) });
  expect(await named(judge.outcomeOf(token))).toEqual(isTaken ? 'ada' : { refused: 'the token is of another type' });
});

test('the identity has what the claims say', async () => {
  publish('a');
  const claims = {
    sub: 'ada',
    scope: 'orders:read orders:write',
    org_id: 'shop',
    realm_access: { roles: ['support', 7] },
    'https://example.com/plan': 'premium',
    permissions: ['orders:write:own'],
  };
  const names = { organization: 'org_id', roles: 'realm_access.roles', tier: 'https://example.com/plan' };
  const outcome = await judgeOf({ claims: names }).outcomeOf(await sign(claims));
  expect(outcome).toEqual({
    identity: {
      method: 'jwt',
      subject: 'ada',
      authority: url,
      organization: 'shop',
      tier: 'premium',
      scopes: ['orders:read', 'orders:write'],
      roles: ['support'],
      permissions: ['orders:write:own'],
      claims,
    },
  });
  for (const scopes of [{ scp: ['a', 'b'] }, { scopes: ['a', 'b'] }, { scp: 'a b' }]) {
    const other = await judgeOf().outcomeOf(await sign({ client_id: 'job', ...scopes }));
    expect(other).toMatchObject({ identity: { subject: 'job', scopes: ['a', 'b'] } });
  }
});
