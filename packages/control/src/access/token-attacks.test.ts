import { exportJWK, exportSPKI, generateKeyPair, importJWK, SignJWT } from 'jose';
import type { CryptoKey, JWK, JWTPayload } from 'jose';
import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { signingKeys } from './collections.ts';
import { UnauthorizedError } from './errors.ts';
import { bearing, openAccess } from './testing/open-access.ts';
import type { OpenedAccess } from './testing/open-access.ts';

const jwtSecret = 'a secret of more than thirty-two bytes';

/** What an attacker, or a mistake, has to work with: a good token and, to be worst, the very key it was signed with. */
interface Loot {
  readonly opened: OpenedAccess;
  readonly token: string;
  readonly header: { readonly alg: string; readonly typ: string; readonly kid?: string };
  readonly claims: JWTPayload & { readonly iat: number };
  /** Signs what the real process would not. */
  sign(claims: JWTPayload, header?: object): Promise<string>;
}

const attacks: Readonly<Record<string, (loot: Loot) => Promise<string> | string>> = {
  'no algorithm': ({ header, claims }) => `${encode({ ...header, alg: 'none' })}.${encode(claims)}.`,
  'no algorithm, in capitals': ({ header, claims }) => `${encode({ ...header, alg: 'NONE' })}.${encode(claims)}.`,
  'no algorithm, with the old signature': ({ token, header, claims }) =>
    `${encode({ ...header, alg: 'none' })}.${encode(claims)}.${token.split('.')[2]}`,
  'no signature': ({ token }) => `${token.split('.').slice(0, 2).join('.')}.`,
  'another role': ({ token, claims }) => swap(token, 1, { ...claims, role: 'Admin' }),
  'another user': ({ token, claims }) => swap(token, 1, { ...claims, sub: 'admin' }),
  'a tampered header': ({ token, header }) => swap(token, 0, { ...header, jku: 'https://attacker.example/keys' }),
  'a signature that was cut': ({ token }) => token.slice(0, -4),
  'a signature of zeros': ({ token }) => `${token.split('.').slice(0, 2).join('.')}.${'A'.repeat(86)}`,
  'a key of the attacker': async ({ header, claims }) => {
    const { privateKey } = await generateKeyPair('EdDSA');
    return new SignJWT(claims).setProtectedHeader({ ...header, alg: 'EdDSA' }).sign(privateKey);
  },
  'a key of the attacker inside the header': async ({ header, claims }) => {
    const { privateKey, publicKey } = await generateKeyPair('EdDSA', { extractable: true });
    const jwk = await exportJWK(publicKey);
    return new SignJWT(claims).setProtectedHeader({ ...header, alg: 'EdDSA', jwk }).sign(privateKey);
  },
  RS256: async ({ header, claims }) => {
    const { privateKey } = await generateKeyPair('RS256');
    return new SignJWT(claims).setProtectedHeader({ ...header, alg: 'RS256' }).sign(privateKey);
  },
  'HS256 with an empty key': ({ header, claims }) => hmac('', { ...header, alg: 'HS256' }, claims),
  'HS384 with the secret': ({ header, claims }) => hmac(jwtSecret, { ...header, alg: 'HS384' }, claims, 'sha384'),
  'another issuer': ({ claims, sign }) => sign({ ...claims, iss: 'somebody' }),
  'no issuer': ({ claims, sign }) => sign(without(claims, 'iss')),
  'another audience': ({ claims, sign }) => sign({ ...claims, aud: 'another-service' }),
  'an audience among others': ({ claims, sign }) => sign({ ...claims, aud: ['sluice-management', 'another-service'] }),
  'no audience': ({ claims, sign }) => sign(without(claims, 'aud')),
  'another type': ({ claims, sign }) => sign(claims, { typ: 'JWT' }),
  'no type': ({ claims, sign }) => sign(claims, { typ: undefined }),
  'an expired time': ({ claims, sign }) => sign({ ...claims, iat: claims.iat - 800, exp: claims.iat - 10 }),
  'no expiry': ({ claims, sign }) => sign(without(claims, 'exp')),
  'an expiry of tomorrow, issued too long ago': ({ claims, sign }) =>
    sign({ ...claims, iat: claims.iat - 3600, exp: claims.iat + 86_400 }),
  'a time that has not come': ({ claims, sign }) => sign({ ...claims, nbf: claims.iat + 60 }),
  'an issue in the future': ({ claims, sign }) => sign({ ...claims, iat: claims.iat + 60 }),
  'no session': ({ claims, sign }) => sign(without(claims, 'sid')),
  'a session that does not exist': ({ claims, sign }) => sign({ ...claims, sid: '0'.repeat(32) }),
  'the session of another user': ({ claims, sign }) => sign({ ...claims, sub: 'admin' }),
  'no id of the token': ({ claims, sign }) => sign(without(claims, 'jti')),
  'a critical extension that nobody knows': ({ claims, sign }) => sign(claims, { crit: ['exotic'], exotic: true }),
  nothing: () => '',
  'no token at all': () => 'nonsense',
  'four parts': ({ token }) => `${token}.AAAA`,
  'a refresh token': async ({ opened }) => (await opened.enter('other', 'Viewer')).refreshToken,
  'far too much': ({ token }) => `${token}${'A'.repeat(100_000)}`,
};

/** Where keys have ids. */
const attacksOnKeys: typeof attacks = {
  'an unknown key id': ({ claims, sign }) => sign(claims, { kid: '00000000-0000-4000-8000-000000000000' }),
  'a key id that is a path': ({ claims, sign }) => sign(claims, { kid: '../../etc/passwd' }),
  'no key id': ({ claims, sign }) => sign(claims, { kid: undefined }),
};

for (const [mode, config, some] of [
  ['keys', {}, { ...attacks, ...attacksOnKeys }],
  ['a secret', { jwtSecret }, attacks],
] as const) {
  test(`with ${mode}: what the attacks are made with is good when nothing is changed`, async () => {
    const { opened, claims, sign } = await steal(openAccess(config));
    expect(await opened.access.authenticate(bearing(await sign(claims)))).toMatchObject({ name: 'vera' });
  });

  test.each(Object.entries(some))(`with ${mode}: refuses a token with %s`, async (_, forge) => {
    const loot = await steal(openAccess(config));
    await loot.opened.access.users.create({ username: 'admin', password: 'the admin of this', role: 'Admin' }, anybody);
    const forged = await forge(loot);
    const refused = loot.opened.access.authenticate(bearing(forged));
    await expect(refused).rejects.toBeInstanceOf(UnauthorizedError);
    // The token it was made from is good all the while: the attack is what was refused.
    await expect(loot.opened.access.authenticate(bearing(loot.token))).resolves.toMatchObject({ name: 'vera' });
  });
}

test('refuses HS256 signed with the public key, however that is written', async () => {
  const loot = await steal(openAccess());
  const [stored] = (await loot.opened.store.find(signingKeys, { limit: 1 })).items;
  const jwk = stored?.body.publicKey as JWK;
  const pem = await exportSPKI((await importJWK(jwk, 'EdDSA', { extractable: true })) as CryptoKey);
  const spellings = [pem, pem.trim(), JSON.stringify(jwk), jwk.x ?? '', Buffer.from(jwk.x ?? '', 'base64url')];
  for (const key of spellings) {
    const forged = hmac(key, { ...loot.header, alg: 'HS256' }, loot.claims);
    await expect(loot.opened.access.authenticate(bearing(forged))).rejects.toBeInstanceOf(UnauthorizedError);
  }
});

test('refuses tokens of keys once a secret is configured, and the other way round', async () => {
  const byKeys = await steal(openAccess());
  const bySecret = await steal(openAccess({ jwtSecret }));
  const refused = [
    bySecret.opened.access.authenticate(bearing(byKeys.token)),
    byKeys.opened.access.authenticate(bearing(bySecret.token)),
  ];
  await Promise.all(refused.map((each) => expect(each).rejects.toBeInstanceOf(UnauthorizedError)));
});

test('says that a token has expired, in the header of RFC 6750 too', async () => {
  const { opened, token } = await steal(openAccess());
  await opened.advance(15 * 60_000 + 6000);
  const error = await opened.access.authenticate(bearing(token)).catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    code: 'UNAUTHORIZED',
    status: 401,
    message: 'the token has expired',
    challenge: 'Bearer realm="sluice", error="invalid_token", error_description="the token has expired"',
  });
});

const anybody = { actor: { kind: 'system', name: 'test' }, address: '192.0.2.1', traceId: 't' } as const;

async function steal(opened: OpenedAccess): Promise<Loot> {
  const { token } = await opened.enter('vera', 'Viewer');
  const [header, claims] = token.split('.', 2).map(decode) as [Loot['header'], Loot['claims']];
  const [stored] = (await opened.store.find(signingKeys, { limit: 1 })).items;
  const key =
    stored === undefined
      ? new TextEncoder().encode(jwtSecret)
      : await importJWK(stored.body.privateKey as JWK, 'EdDSA');
  return {
    opened,
    token,
    header,
    claims,
    sign: (payload, changed = {}) => {
      const { crit, ...rest } = { ...header, ...changed } as { alg: string; crit?: string[] };
      const protectedHeader = JSON.parse(JSON.stringify({ ...rest, crit })) as { alg: string };
      const options = crit === undefined ? {} : { crit: { exotic: true } };
      return new SignJWT(payload).setProtectedHeader(protectedHeader).sign(key, options);
    },
  };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}

function without(claims: JWTPayload, name: string): JWTPayload {
  return Object.fromEntries(Object.entries(claims).filter(([each]) => each !== name));
}

function swap(token: string, index: number, value: unknown): string {
  return token.split('.').with(index, encode(value)).join('.');
}

function hmac(key: string | Buffer, header: object, claims: object, hash = 'sha256'): string {
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${createHmac(hash, key).update(signed).digest('base64url')}`;
}
