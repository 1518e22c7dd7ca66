import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { once } from 'node:events';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectRaw, freePort, startHttpBackend, startSluice, valuesOf } from '../kit/index.ts';
import type { HttpBackend, Sluice } from '../kit/index.ts';
import { byEc, byEd, byPss, byRsa, bySecret, encoded, tokenOf } from './tokens.ts';

// The classes of RFC 8725 and the known tricks, at the wire of a real process. The tokens are made by hand: a library would
// refuse to make most of them.

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
const secret = 'a secret of more than thirty-two bytes';
const pem = String(rsa.publicKey.export({ type: 'spki', format: 'pem' }));
const issuer = 'https://id.example';
const now = Math.floor(Date.now() / 1000);
const claims = { sub: 'ada', iss: issuer, aud: 'orders', exp: now + 3600 };
const rs = { alg: 'RS256', kid: 'rsa', typ: 'JWT' };
// Known before the server of the keys runs, since tokens name it.
const issuerPort = await freePort();
const origin = `http://127.0.0.1:${issuerPort}`;
const lure = `${origin}/lure.json`;

let backend: HttpBackend;
let issuerServer: Server;
let sluice: Sluice;
let folder: string;
/** Requests for keys that came to addresses which only tokens name. */
let lured = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-jwt-'));
  const jwk = (key: typeof rsa, fields: object) => ({ ...key.publicKey.export({ format: 'jwk' }), ...fields });
  const keys = [jwk(rsa, { kid: 'rsa' }), jwk(weak, { kid: 'weak' }), jwk(ec, { kid: 'ec' }), jwk(ed, { kid: 'ed' })];
  issuerServer = createServer((request, response) => {
    if (request.url === '/jwks.json') return void response.end(JSON.stringify({ keys }));
    lured++;
    response.end(JSON.stringify({ keys: [jwk(own, { kid: 'own' })] }));
  });
  await once(issuerServer.listen(issuerPort, '127.0.0.1'), 'listening');
  await writeFile(join(folder, 'rsa.pem'), pem);
  await writeFile(join(folder, 'jwt.secret'), `${secret}\n`);
  backend = await startHttpBackend('users');
  const wishes = { issuer, audience: ['orders'] };
  const route = (name: string, method: object, fields: object = {}) => ({
    name,
    pathPattern: `/${name}`,
    authentication: { methods: [{ type: 'jwt', ...wishes, ...method }], ...fields },
    backends: [{ name: 'users', url: backend.url }],
  });
  const file = { publicKeyFile: join(folder, 'rsa.pem'), algorithms: ['RS256'] };
  sluice = await startSluice({
    proxy: { workers: 1 },
    routes: [
      route('file', file),
      route('anonymous', file, { anonymous: true }),
      route('secret', { secretFile: join(folder, 'jwt.secret'), algorithms: ['HS256'] }),
      route('set', { jwksUrl: `${origin}/jwks.json`, algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'] }),
      route('header', { ...file, header: 'X-Token' }),
      route('cookie', { ...file, cookie: 'token' }),
      route('query', { ...file, query: 'token' }),
      route('at', { ...file, typ: 'at+jwt' }),
      route('accent', { ...file, issuer: 'https://id.example/caf\u00e9' }),
      {
        ...route('two', {}),
        authentication: {
          methods: [
            { type: 'jwt', ...wishes, ...file },
            { type: 'jwt', ...wishes, ...file, query: 'token' },
          ],
        },
      },
    ] as never,
  });
});
afterAll(async () => {
  await sluice.stop();
  await backend.close();
  issuerServer.close();
  await rm(folder, { recursive: true });
});

/** The status of a request with these header lines. */
async function statusOf(path: string, ...lines: string[]): Promise<number> {
  const client = await connectRaw(sluice.proxyPort);
  try {
    client.send([`GET ${path} HTTP/1.1`, 'Host: a', ...lines, 'Connection: close', '', ''].join('\r\n'));
    return (await client.response()).status;
  } finally {
    client.close();
  }
}
const bearer = (token: string): string => `Authorization: Bearer ${token}`;
const good = (fields: object = {}): string => tokenOf(rs, { ...claims, ...fields }, byRsa(rsa.privateKey));

test.each([
  ['RS256 by a file', '/file', () => bearer(good())],
  ['RS256 by a set', '/set', () => bearer(good())],
  ['ES256', '/set', () => bearer(tokenOf({ alg: 'ES256', kid: 'ec' }, claims, byEc(ec.privateKey)))],
  ['EdDSA', '/set', () => bearer(tokenOf({ alg: 'EdDSA', kid: 'ed' }, claims, byEd(ed.privateKey)))],
  ['HS256', '/secret', () => bearer(tokenOf({ alg: 'HS256' }, claims, bySecret(secret)))],
  ['no kid', '/set', () => bearer(tokenOf({ alg: 'RS256' }, claims, byRsa(rsa.privateKey)))],
  ['the scheme in lower case', '/file', () => `authorization: bearer ${good()}`],
  ['several spaces after the scheme', '/file', () => `Authorization: BEARER   ${good()}`],
  ['several audiences', '/file', () => bearer(good({ aud: ['users', 'orders'] }))],
  ['a header of its own', '/header', () => `x-token: ${good()}`],
  ['a cookie', '/cookie', () => `Cookie: a=b; token=${good()}; c=d`],
  ['typ at+jwt', '/at', () => bearer(tokenOf({ ...rs, typ: 'at+jwt' }, claims, byRsa(rsa.privateKey)))],
  // An issuer may name its own keys in a token: they are not read.
  ['a jku that nobody follows', '/file', () => bearer(tokenOf({ ...rs, jku: lure }, claims, byRsa(rsa.privateKey)))],
])('%s is accepted', async (_name, path, line) => {
  expect(await statusOf(path, line())).toBe(200);
});

test('a token in the query is accepted', async () => {
  expect(await statusOf(`/query?token=${good()}`)).toBe(200);
  expect(await statusOf(`/query?token=${good()}&TOKEN=x`)).toBe(401);
  expect(await statusOf('/query?other=x')).toBe(401);
});

const none = (alg: unknown) => `${encoded({ ...rs, alg })}.${encoded(claims)}.`;
const ownKey = createPublicKey(own.privateKey).export({ format: 'jwk' });
const byOwn = (header: object) => tokenOf({ ...rs, kid: 'own', ...header }, claims, byRsa(own.privateKey));
/** The order of P-256, which is 0 as a scalar. */
const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
const ecHeader = { alg: 'ES256', kid: 'ec' };
const [header, payload, signature] = good().split('.');

test.each([
  ...['none', 'None', 'NONE', 'nOnE', 'none ', '', null, 0, ['RS256'], 'RS256\0', 'rs256'].map(
    (alg) => [`alg ${JSON.stringify(alg)} without a signature`, none(alg)] as const,
  ),
  ['alg none with a signature', tokenOf({ ...rs, alg: 'none' }, claims, byRsa(rsa.privateKey))],
  ['a public key as secret (PEM)', tokenOf({ alg: 'HS256' }, claims, bySecret(pem))],
  ['a public key as secret (PEM, trimmed)', tokenOf({ alg: 'HS256', kid: 'rsa' }, claims, bySecret(pem.trim()))],
  [
    'a public key as secret (DER)',
    tokenOf({ alg: 'HS256', kid: 'rsa' }, claims, bySecret(rsa.publicKey.export({ type: 'spki', format: 'der' }))),
  ],
  ['an embedded key (jwk)', byOwn({ jwk: ownKey })],
  ['an embedded key under a known name', byOwn({ kid: 'rsa', jwk: { ...ownKey, kid: 'rsa' } })],
  ['a key by its address (jku)', byOwn({ jku: lure })],
  ['certificates by their address (x5u)', byOwn({ x5u: lure })],
  [
    'certificates in the token (x5c)',
    byOwn({ x5c: [own.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')] }),
  ],
  ...[
    '../../../../dev/null',
    '/dev/null',
    "x' UNION SELECT 'secret",
    'rsa|whoami',
    'rsa\0',
    '__proto__',
    'https://evil.example/',
  ].map((kid) => [`kid ${JSON.stringify(kid)}`, tokenOf({ alg: 'RS256', kid }, claims, bySecret(''))] as const),
  ['a claim twice', tokenOf(rs, JSON.stringify(claims).replace('{', '{"sub":"root",'), byRsa(rsa.privateKey))],
  ['a header field twice', tokenOf(JSON.stringify(rs).replace('{', '{"alg":"none",'), claims, byRsa(rsa.privateKey))],
  ['a critical extension', tokenOf({ ...rs, crit: ['exp'] }, claims, byRsa(rsa.privateKey))],
  ['a payload that is not encoded (b64)', tokenOf({ ...rs, b64: false, crit: ['b64'] }, claims, byRsa(rsa.privateKey))],
  ['b64 without crit', tokenOf({ ...rs, b64: false }, claims, byRsa(rsa.privateKey))],
  ['a token that ended this second', tokenOf(rs, { ...claims, exp: now }, byRsa(rsa.privateKey))],
  ['a token that ended a second ago', tokenOf(rs, { ...claims, exp: now - 1 }, byRsa(rsa.privateKey))],
  ['a token that begins later (nbf)', tokenOf(rs, { ...claims, nbf: now + 1800 }, byRsa(rsa.privateKey))],
  ['a token of the future (iat)', tokenOf(rs, { ...claims, iat: now + 1800 }, byRsa(rsa.privateKey))],
  ['a token of another type', tokenOf({ ...rs, typ: 'logout+jwt' }, claims, byRsa(rsa.privateKey))],
  ['an issuer that looks alike', good({ iss: 'https://іd.example' })],
  ['an issuer that is equal once normalised', good({ iss: 'https://id.example\u200b' })],
  ['an issuer with a dot at its end', good({ iss: 'https://id.example.' })],
  ['an issuer in other letters', good({ iss: 'https://id.ｅxample' })],
  ['an issuer with a slash', good({ iss: 'https://id.example/' })],
  ['an issuer in another case', good({ iss: 'https://ID.example' })],
  ['an issuer in a list', good({ iss: [issuer] })],
  ['no issuer', good({ iss: undefined })],
  ['another audience', good({ aud: 'users' })],
  ['an audience that begins alike', good({ aud: ['orders2', 'order'] })],
  ['no audience', good({ aud: undefined })],
  ['a signature that is gone', `${header}.${payload}.`],
  ['a signature that is gone with its dot', `${header}.${payload}`],
  ['a signature with more at its end', `${header}.${payload}.${signature}AAAA`],
  ['a signature with padding', `${header}.${payload}.${signature}=`],
  ['a signature in the other alphabet', `${header}.${payload}.${signature.replaceAll('-', '+').replaceAll('_', '/')}+`],
  [
    'bits after the end of the signature',
    `${header}.${payload}.${signature.slice(0, -1)}${nextLetter(signature.at(-1)!)}`,
  ],
  ['other claims under a signature', `${header}.${encoded({ ...claims, sub: 'root' })}.${signature}`],
  ['a signature in DER', tokenOf(ecHeader, claims, byEc(ec.privateKey, 'der'))],
  ['a signature of zeros', tokenOf(ecHeader, claims, () => Buffer.alloc(64))],
  ['a signature of the order of the curve', tokenOf(ecHeader, claims, () => Buffer.concat([order, order]))],
  ['a signature that is empty', tokenOf(ecHeader, claims, () => Buffer.alloc(0))],
  ['RSA of 1024 bits', tokenOf({ alg: 'RS256', kid: 'weak' }, claims, byRsa(weak.privateKey))],
  ['another family by the same key', tokenOf({ ...rs, alg: 'PS256' }, claims, byPss(rsa.privateKey))],
  ['a token for the client itself (ID token)', good({ aud: 'web', nonce: 'n', azp: 'web' })],
  ['a key of another curve', tokenOf({ alg: 'ES384', kid: 'ec' }, claims, byEc(ec.privateKey))],
  ['a name of a key that is no text', tokenOf({ ...rs, kid: { $ne: '' } }, claims, byRsa(rsa.privateKey))],
  ['a name of a key that is very long', tokenOf({ ...rs, kid: 'k'.repeat(600) }, claims, byRsa(rsa.privateKey))],
  ['times that are text', good({ exp: String(now + 3600) })],
  [
    'a time beyond all numbers',
    tokenOf(rs, JSON.stringify(claims).replace(/"exp":\d+/, '"exp":1e999'), byRsa(rsa.privateKey)),
  ],
  [
    'a claim twice, once escaped',
    tokenOf(rs, JSON.stringify(claims).replace('{', '{"\\u0073ub":"root",'), byRsa(rsa.privateKey)),
  ],
  [
    'a header that is not in UTF-8',
    `${Buffer.from('{"alg":"RS256","kid":"\xff"}', 'latin1').toString('base64url')}.${payload}.${signature}`,
  ],
  ['bits after the end of the claims', `${header}.${payload}B.${signature}`],
  ['many segments', `${good()}${'.a'.repeat(2000)}`],
  ['an encrypted token that is compressed', `${encoded({ alg: 'dir', enc: 'A128GCM', zip: 'DEF' })}..AAAA.AAAA.AAAA`],
  ['an encrypted token', `${encoded({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.AAAA.AAAA.AAAA.AAAA`],
  ['a token in a token', tokenOf({ ...rs, cty: 'JWT' }, good(), byRsa(rsa.privateKey))],
  ['a space in a token', good().replace('.', ' .')],
  ['a tab after a token', `${good()}\t.`],
  ['two tokens', `${good()}, ${good()}`],
  ['a huge token', tokenOf(rs, { ...claims, x: 'x'.repeat(8_000) }, byRsa(rsa.privateKey))],
  ['nesting without end', tokenOf(rs, `${'['.repeat(5000)}${']'.repeat(5000)}`, byRsa(rsa.privateKey))],
  ['nothing', ''],
] as readonly (readonly [string, string])[])('%s is refused', async (_name, token) => {
  for (const path of ['/file', '/set', '/secret', '/anonymous'])
    expect(`${path} ${await statusOf(path, bearer(token))}`).toBe(`${path} 401`);
});

test('another type is refused where a type is asked for', async () => {
  expect(await statusOf('/at', bearer(good()))).toBe(401);
});

test('a secret is not used as a key, nor a key of one kind as one of another', async () => {
  const hs = tokenOf({ alg: 'HS256' }, claims, bySecret(secret));
  for (const path of ['/file', '/set', '/anonymous']) expect(await statusOf(path, bearer(hs))).toBe(401);
  expect(await statusOf('/secret', bearer(good()))).toBe(401);
  expect(await statusOf('/secret', bearer(tokenOf({ alg: 'HS256' }, claims, bySecret(`${secret}\n`))))).toBe(401);
  expect(await statusOf('/secret', bearer(tokenOf({ alg: 'HS512' }, claims, bySecret(secret, 'sha512'))))).toBe(401);
});

test('several tokens are refused, whichever of them is good', async () => {
  const line = bearer(good());
  expect(await statusOf('/file', line, line)).toBe(401);
  expect(await statusOf('/file', line, 'Authorization: Basic YTpi')).toBe(401);
  expect(await statusOf('/anonymous', 'Authorization: Basic YTpi', line)).toBe(401);
  expect(await statusOf('/header', `X-Token: ${good()}`, 'x-token: x')).toBe(401);
  expect(await statusOf('/cookie', `Cookie: token=${good()}; token=x`)).toBe(401);
  expect(await statusOf('/cookie', `Cookie: token=${good()}`, 'Cookie: token=x')).toBe(401);
});

test('a token that is good elsewhere in the request does not make up for one that nobody verifies', async () => {
  const path = `/two?token=${good()}`;
  expect([await statusOf('/two', bearer(good())), await statusOf(path)]).toEqual([200, 200]);
  const forged = [
    none('none'),
    tokenOf({ ...rs, alg: 'HS256' }, claims, bySecret(pem)),
    good({ iss: 'https://evil' }),
    'x',
  ];
  for (const token of [...forged, good({ exp: now - 1 }), '']) expect(await statusOf(path, bearer(token))).toBe(401);
});

test('an issuer is compared letter by letter, without any normal form', async () => {
  const composed = 'https://id.example/caf\u00e9';
  expect(await statusOf('/accent', bearer(good({ iss: composed })))).toBe(200);
  for (const iss of [composed.normalize('NFD'), 'https://id.example/cafe', 'https://id.example/caf%C3%A9'])
    expect(await statusOf('/accent', bearer(good({ iss })))).toBe(401);
});

test('a head that is too large for the gateway is not read', async () => {
  expect(await statusOf('/file', bearer('a'.repeat(70_000)))).toBe(431);
});

test('a refusal says what is wrong and repeats nothing; a token is not in the log', async () => {
  const client = await connectRaw(sluice.proxyPort);
  client.send(
    `GET /file HTTP/1.1\r\nHost: a\r\n${bearer(good({ iss: 'https://evil.example' }))}\r\nConnection: close\r\n\r\n`,
  );
  const { lines } = await client.response();
  client.close();
  const challenge = 'Bearer realm="api", error="invalid_token", error_description="the token is of another issuer"';
  expect(valuesOf(lines, 'WWW-Authenticate')).toEqual([challenge]);
  expect(await statusOf('/file')).toBe(401);
  for (const text of [signature, 'evil.example', secret]) expect(sluice.output).not.toContain(text);
});

test('no address that a token names was asked', () => {
  expect(lured).toBe(0);
});

/** The letter of base64url after this one: the last letter of a signature has bits that mean nothing. */
function nextLetter(letter: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return letters[letters.indexOf(letter) + 1] ?? 'A';
}
