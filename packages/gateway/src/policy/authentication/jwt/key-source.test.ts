import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { SecretTexts } from '../../secret-texts.ts';
import { AllFetchedKeys } from './fetched-keys.ts';
import { KeySource } from './key-source.ts';

const places = () => ({ texts: new SecretTexts(), fetched: new AllFetchedKeys(() => {}) });

test('a file of keys that was forgotten and named again is followed', () => {
  const { texts, fetched } = places();
  texts.put('jwt.secret', 'a'.repeat(32));
  const source = new KeySource({ secretFile: 'jwt.secret', algorithms: ['HS256'] }, { texts, fetched });
  const before = source.keys;
  expect(before?.serves('HS256')).toBe(true);
  texts.put('jwt.secret', undefined);
  expect(source.keys).toBe(before);
  texts.put('jwt.secret', 'b'.repeat(32));
  expect(source.keys).not.toBe(before);
});

test('a key set that was forgotten and named again is followed', () => {
  const { texts, fetched } = places();
  const jwksUrl = 'https://id.example/jwks.json';
  fetched.put(jwksUrl, keySet('first'));
  const source = new KeySource({ jwksUrl, algorithms: ['EdDSA'] }, { texts, fetched });
  expect(source.keys?.candidates('EdDSA', 'first')).toHaveLength(1);
  fetched.put(jwksUrl, undefined);
  expect(source.keys?.candidates('EdDSA', 'first')).toHaveLength(1);
  fetched.put(jwksUrl, keySet('second'));
  expect(source.keys?.candidates('EdDSA', 'first')).toHaveLength(0);
  expect(source.keys?.candidates('EdDSA', 'second')).toHaveLength(1);
  fetched.answered(jwksUrl, { isAway: true, againInMs: 0 });
  expect(source.fetched?.isAway).toBe(true);
});

function keySet(kid: string): string {
  const key = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
  return JSON.stringify({ keys: [{ ...key, kid }] });
}
