import { expect, test } from 'vitest';
import { Seal } from './seal.ts';

const secret = { text: 'a secret of the client' as string | undefined };
const session = { kind: 'session', origin: 'https://shop.test' } as const;

test('whoever has the same secret and settings opens what another has sealed', () => {
  const sealed = new Seal(secret, 'login').close('text', session);
  expect(new Seal({ text: secret.text }, 'login').open(sealed, session)).toBe('text');
});

test('it opens for nothing else: another secret, login, host or purpose, nor a changed text', () => {
  const seal = new Seal(secret, 'login');
  const sealed = seal.close('text', session);
  expect(new Seal({ text: 'another secret of it' }, 'login').open(sealed, session)).toBeUndefined();
  expect(new Seal(secret, 'other').open(sealed, session)).toBeUndefined();
  expect(seal.open(sealed, { ...session, origin: 'https://evil.test' })).toBeUndefined();
  expect(seal.open(sealed, { ...session, kind: 'login' })).toBeUndefined();
  // By bytes: the last character of the text has bits that mean nothing.
  for (const at of Buffer.from(sealed, 'base64url').keys()) {
    const changed = Buffer.from(sealed, 'base64url');
    changed[at] ^= 1;
    expect(seal.open(changed.toString('base64url'), session)).toBeUndefined();
  }
  for (const text of ['', 'A', '%', sealed.slice(0, 20)]) expect(seal.open(text, session)).toBeUndefined();
});

test('the key follows the file of the secret; a secret that is short or missing seals nothing', () => {
  const followed = { text: secret.text };
  const seal = new Seal(followed, 'login');
  const sealed = seal.close('text', session);
  followed.text = 'the next secret of it';
  expect(seal.open(sealed, session)).toBeUndefined();
  for (const text of [undefined, 'short']) {
    followed.text = text;
    expect([seal.fault, seal.open(sealed, session)]).toEqual([
      expect.stringContaining('the secret that encrypts sessions'),
      undefined,
    ]);
    expect(() => seal.close('text', session)).toThrow('the secret that encrypts sessions');
  }
});
