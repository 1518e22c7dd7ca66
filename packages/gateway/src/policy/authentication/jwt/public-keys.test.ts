import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { expect, test } from 'vitest';
import { publicKeySet, secretKeySet } from './key-set.ts';
import { readKeySet, readPublicKeyFile } from './public-keys.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const small = generateKeyPairSync('rsa', { modulusLength: 1024 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const k256 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
const ed25519 = generateKeyPairSync('ed25519');

const jwk = ({ publicKey }: { publicKey: KeyObject }, fields: object = {}) => ({
  ...publicKey.export({ format: 'jwk' }),
  ...fields,
});
const setOf = (...keys: unknown[]) => readKeySet(JSON.stringify({ keys }));

test('the keys of a set are read with their names', () => {
  const { keys, unused } = setOf(jwk(rsa, { kid: 'a' }), jwk(p256, { use: 'sig' }), jwk(ed25519, { alg: 'EdDSA' }));
  expect(keys.map(({ name, algorithm }) => [name, algorithm])).toEqual([
    ['a', undefined],
    [undefined, undefined],
    [undefined, 'EdDSA'],
  ]);
  expect(unused).toEqual([]);
});

test.each([
  ['a secret', { kty: 'oct', k: 'c2VjcmV0' }, 'is a secret'],
  ['a private key', rsa.privateKey.export({ format: 'jwk' }), 'is a private key'],
  ['a short RSA key', jwk(small), 'has 1024 bits'],
  ['a key for encryption', jwk(rsa, { use: 'enc' }), 'is not for signatures'],
  ['a key that only signs', jwk(rsa, { key_ops: ['sign'] }), 'is not for verifying'],
  ['a curve of no algorithm here', jwk(k256), 'is on a curve'],
  ['an algorithm of another kind', jwk(p256, { alg: 'RS256' }), 'is for an algorithm'],
  ['an algorithm of another curve', jwk(p384, { alg: 'ES256' }), 'is for an algorithm'],
  ['HS on an RSA key', jwk(rsa, { alg: 'HS256' }), 'is for an algorithm'],
  ['an exponent of 1', { ...jwk(rsa), e: 'AQ' }, 'has an exponent'],
  ['an endless exponent', { ...jwk(rsa), e: Buffer.alloc(64, 255).toString('base64url') }, 'is too large'],
  ['a point that is not on its curve', { ...jwk(p256), x: jwk(p384).x }, 'cannot be read'],
  ['no key', null, 'is no key'],
  ['a kid that is no text', jwk(rsa, { kid: 1 }), 'has a kid'],
])('%s is not used, and the other keys are', (_name, key, reason) => {
  const { keys, unused } = setOf(key, jwk(p256, { kid: 'good' }));
  expect(keys.map(({ name }) => name)).toEqual(['good']);
  expect(unused).toEqual([expect.stringMatching(`^key 1 ${reason}`)]);
});

test.each([
  ['no JSON', '<html>', 'is not JSON'],
  ['no list', '{"keys":{}}', 'is no key set'],
  ['no object', '[]', 'is no key set'],
  ['too many', JSON.stringify({ keys: Array.from({ length: 65 }, () => ({})) }), 'has more than 64 keys'],
])('a text that is %s is no key set', (_name, text, reason) => {
  expect(() => readKeySet(text)).toThrow(reason);
});

test('a file holds one public key as PEM text, or a key set', () => {
  const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' });
  expect(readPublicKeyFile(String(pem)).keys).toHaveLength(1);
  expect(readPublicKeyFile(JSON.stringify({ keys: [jwk(rsa), jwk(p256)] })).keys).toHaveLength(2);
  const secret = String(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  expect(() => readPublicKeyFile(secret)).toThrow('holds a private key');
  for (const text of ['', 'a text', `${String(pem)}${String(pem)}`])
    expect(() => readPublicKeyFile(text)).toThrow('one public key');
  expect(() => readPublicKeyFile('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----')).toThrow(
    'cannot be read',
  );
});

test('a key serves one family: that which it says, else the one that is listed first', () => {
  const { keys } = setOf(jwk(rsa, { kid: 'any' }), jwk(rsa, { kid: 'ps', alg: 'PS512' }), jwk(p256, { kid: 'ec' }));
  const names = (algorithm: string, ...accepted: Parameters<typeof publicKeySet>[1]) =>
    publicKeySet(keys, accepted)
      .candidates(algorithm, undefined)
      .map(({ name }) => name);
  expect(names('RS256', 'RS256', 'PS512')).toEqual(['any']);
  expect(names('PS512', 'RS256', 'PS512')).toEqual(['ps']);
  expect(names('PS512', 'PS512', 'RS256')).toEqual(['any', 'ps']);
  expect(names('RS256', 'PS512', 'RS256')).toEqual([]);
  expect(names('ES256', 'RS256')).toEqual([]);
  expect(names('HS256', 'RS256')).toEqual([]);
});

test('a kid finds a key among those that fit, and nothing else', () => {
  const { keys } = setOf(jwk(rsa, { kid: 'a' }), jwk(p256, { kid: 'b' }));
  const set = publicKeySet(keys, ['RS256', 'ES256']);
  const found = (algorithm: string, kid: string | undefined) => set.candidates(algorithm, kid).map(({ name }) => name);
  expect(found('RS256', 'a')).toEqual(['a']);
  expect(found('RS256', undefined)).toEqual(['a']);
  for (const kid of ['b', '../a', "a' OR '1'='1", 'https://evil.example/jwks.json', '__proto__', '', 'A'])
    expect(found('RS256', kid)).toEqual([]);
});

test('a secret serves algorithms whose hash is no longer than it', () => {
  const set = secretKeySet(Buffer.alloc(32, 1), ['HS256', 'HS384']);
  expect(set.serves('HS256')).toBe(true);
  expect(set.serves('HS384')).toBe(false);
  expect(secretKeySet(Buffer.alloc(31, 1), ['HS256']).isEmpty).toBe(true);
});
