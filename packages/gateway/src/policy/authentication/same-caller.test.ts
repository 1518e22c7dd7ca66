import { parseRoute } from '@sluice/model';
import type { AuthenticationMethodConfig } from '@sluice/model';
import { createHmac, X509Certificate } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { certificateFolder } from '../../wire/testing/certificates.ts';
import { callerOf } from '../caller.ts';
import type { HelperAnswer } from '../helper/send-question.ts';
import { KeptParts } from '../kept-parts.ts';
import type { PolicyRequest } from '../policy.ts';
import { SecretTexts } from '../secret-texts.ts';
import { recordedRequest } from '../testing/recorded-request.ts';
import { apiKey } from './api-key.ts';
import { basic } from './basic.ts';
import type { ConsumerLookup } from './consumer-lookup.ts';
import { external, ExternalDecisions } from './external.ts';
import { introspection, KnownTokens } from './introspection.ts';
import { AllFetchedKeys } from './jwt/fetched-keys.ts';
import { jwt, jwtContext } from './jwt/jwt.ts';
import type { AuthenticationMethod } from './method.ts';
import { mtls } from './mtls.ts';
import { identityOf } from './oidc/session.ts';
import type { Passwords } from './passwords.ts';

// A sticky deployment, a limit and a permission go by the caller: it must not depend on which credentials somebody sends today.

const folder = certificateFolder();
afterAll(() => folder.remove());
const authority = folder.issue('ca', '/CN=ca', ['basicConstraints=critical,CA:TRUE']);
const issued = (name: string) => folder.issue(name, `/CN=${name}`, ['extendedKeyUsage=clientAuth'], authority).cert;

/** Whatever key or name begins with `shop` is that of the shop. */
const found = (name: string) => {
  if (!/^(?:CN=)?shop/.test(name)) return 'unknown';
  const rest = { organization: 'acme', tier: 'gold', scopes: [], roles: [], permissions: [] };
  return { consumerId: 'shop', name: 'Shop', ...rest, keyId: undefined };
};
const consumers: ConsumerLookup = { find: found, peek: found, bySubject: found };
const texts = new SecretTexts();
const hash = '$2y$04$zyxwvutsrqponmlkjihgfeHo6Nj6Q.rPEMplj.Krtnc5/sRB0rnqK';
texts.put('users', `shop:${hash}\nshop-batch:${hash}\nann:${hash}\n`);
texts.put('ca', authority.cert);

function settings<T extends AuthenticationMethodConfig['type']>(type: T, fields: object = {}) {
  const authentication = { methods: [{ type, ...fields }] };
  const route = { name: 'r', pathPattern: '/r/**', backends: [{ name: 'b', url: 'http://192.0.2.1' }], authentication };
  const read = parseRoute(route, { backends: () => undefined });
  if (!read.ok) throw new Error(JSON.stringify(read));
  return read.route.authentication!.methods[0] as Extract<AuthenticationMethodConfig, { type: T }>;
}

const secret = 'a secret of more than thirty-two bytes';
function token(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${part({ alg: 'HS256' })}.${part(claims)}`;
  return `Bearer ${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

/** A server that knows who each token is of by its beginning. */
const helper = {
  ask: async ({ body = '', headers }: { readonly body?: string; readonly headers: object }): Promise<HelperAnswer> => {
    const sub = `${body} ${JSON.stringify(headers)}`.includes('ann-') ? 'ann' : 'bob';
    const answer = JSON.stringify({ active: true, sub });
    return { status: 200, fields: (name) => (name === 'x-user' ? [sub] : []), body: Buffer.from(answer) };
  },
};
const passwords = { matches: () => true } as unknown as Passwords;
const around = { helper, now: () => 0 };
const fetched = new AllFetchedKeys(() => {});
const parts = new KeptParts();

const methods: Record<string, AuthenticationMethod> = {
  apiKey: apiKey(settings('apiKey'), consumers),
  basic: basic({ file: texts.of('users'), passwords, consumers }),
  mtls: mtls(settings('mtls', { caFile: 'ca' }), { file: texts.of('ca'), consumers, now: Date.now }),
  jwt: jwt(settings('jwt', { secret, algorithms: ['HS256'] }), jwtContext({ texts, fetched }, parts), parts),
  introspection: introspection(
    new KnownTokens(settings('introspection', { url: 'https://id.example/i' }), { ...around, secret: undefined }),
  ),
  external: external(
    new ExternalDecisions(
      settings('external', { url: 'https://id.example/check', identity: { subject: 'X-User' } }),
      around,
    ),
  ),
};

const withHeader = (name: string, value: string) =>
  recordedRequest({ header: (wanted) => (wanted === name ? value : undefined) });
const withKey = (key: string) => withHeader('x-api-key', key);
const bearer = (value: string) => withHeader('authorization', value);
const login = (name: string) => bearer(`Basic ${Buffer.from(`${name}:open sesame`).toString('base64')}`);
const showing = (name: string) => {
  const certificate = { chain: [new X509Certificate(issued(name)).raw], fault: undefined };
  return recordedRequest({ clientCertificate: () => certificate });
};

test.each([
  ['apiKey', 'two keys of a consumer', withKey('shop-1'), withKey('shop-2')],
  ['basic', 'two logins of a consumer', login('shop'), login('shop-batch')],
  ['mtls', 'two certificates of a consumer', showing('shop-old'), showing('shop-new')],
  ['mtls', 'two certificates of a subject', showing('ann'), showing('ann')],
  ['jwt', 'two tokens of a subject', bearer(token({ sub: 'ann', jti: '1' })), bearer(token({ sub: 'ann', iat: 0 }))],
  ['introspection', 'two tokens of a subject', bearer('Bearer ann-1'), bearer('Bearer ann-2')],
  ['external', 'two tokens of a subject', bearer('Bearer ann-1'), bearer('Bearer ann-2')],
])('%s: %s are one caller', async (method, _what, one, other) => {
  const caller = await callerBy(methods[method], one);
  expect(caller).toMatch(/shop|ann/);
  expect(await callerBy(methods[method], other)).toBe(caller);
});

test('oidc: two sessions of a person are one caller', () => {
  const issuer = 'https://id.example';
  const sessions = ['r1', 'r2'].map((refresh) => ({
    claims: { sub: 'ann' },
    loginAt: 0,
    seenAt: refresh === 'r1' ? 0 : 1,
    refresh: { token: refresh, expiresAt: 1, lifetimeMs: 1 },
  }));
  const callers = sessions.map((session) =>
    callerOf(identityOf(session, { issuer, claims: [], sessionLifetime: 1, idleLifetime: 1 })),
  );
  expect(new Set(callers)).toEqual(new Set([`subject ${issuer.length} ${issuer} ann`]));
});

test('a key, a login and a certificate of one consumer are one caller', async () => {
  const callers = [
    await callerBy(methods['apiKey'], withKey('shop-1')),
    await callerBy(methods['basic'], login('shop')),
    await callerBy(methods['mtls'], showing('shop')),
  ];
  expect(new Set(callers)).toEqual(new Set(['consumer shop']));
});

async function callerBy(method: AuthenticationMethod, request: PolicyRequest): Promise<string | undefined> {
  const outcome = await method.identify(request);
  if (outcome === undefined || !('identity' in outcome)) throw new Error(JSON.stringify(outcome));
  return callerOf(outcome.identity);
}
