import { expect, test } from 'vitest';
import { spellingIn } from './spellings.ts';

const secret = 'Planted-7f3k/a+9';
const hex = Array.from(Buffer.from(secret), (byte) => byte.toString(16));

test.each([
  ['plain', `{"a":"${secret}"}`],
  ['plain', secret.toUpperCase()],
  ['percent-encoded', `?a=${encodeURIComponent(secret)}&b=1`],
  ['percent-encoded', hex.map((code) => `%${code.toUpperCase()}`).join('')],
  ['percent-encoded twice', hex.map((code) => `%25${code}`).join('')],
  ['JSON-escaped', hex.map((code) => `\\u00${code}`).join('')],
  ['hexadecimal', `\\x${hex.join('')}`],
  ['base64', Buffer.from(secret).toString('base64')],
  ['base64', Buffer.from(`u:${secret}`).toString('base64')],
  ['base64', Buffer.from(`{"password":"${secret}"}`).toString('base64url')],
  ['base64', Buffer.from(`user:${secret}:more`).toString('base64')],
  [undefined, secret.slice(0, -1)],
  [undefined, Buffer.from('something else that is long enough').toString('base64')],
])('a secret is found %s', (spelling, text) => {
  expect(spellingIn(text, secret)).toBe(spelling);
});
