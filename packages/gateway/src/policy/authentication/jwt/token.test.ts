import { expect, test } from 'vitest';
import { longestToken, readToken } from './token.ts';

const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const tokenOf = (header: unknown, claims: unknown = { sub: 'ada' }, signature = 'c2ln'): string =>
  `${part(header)}.${part(claims)}.${signature}`;
const header = { alg: 'RS256', kid: 'one', typ: 'JWT' };

test('a token is read into its parts, and what would lead to a key elsewhere is not among them', () => {
  const text = tokenOf({ ...header, jku: 'https://evil.example', jwk: {}, x5u: 'x', x5c: ['x'] });
  expect(readToken(text)).toEqual({
    text,
    algorithm: 'RS256',
    keyName: 'one',
    type: 'JWT',
    claims: { sub: 'ada' },
  });
});

test.each([
  ['one part', 'abc'],
  ['two parts', `${part(header)}.${part({})}`],
  ['four parts', `${tokenOf(header)}.c2ln`],
  ['many parts', '.'.repeat(9)],
  ['a header that is no object', tokenOf([header])],
  ['claims that are no object', tokenOf(header, '"text"')],
  ['claims that are a list', tokenOf(header, '[]')],
  ['no alg', tokenOf({ kid: 'one' })],
  ['an alg that is no text', tokenOf({ alg: ['RS256'] })],
  ['a kid that is no text', tokenOf({ ...header, kid: { $ne: '' } })],
  ['a kid without end', tokenOf({ ...header, kid: 'k'.repeat(513) })],
  ['a typ that is no text', tokenOf({ ...header, typ: 1 })],
  ['a claim twice', tokenOf(header, '{"sub":"ada","admin":false,"sub":"eve"}')],
  ['a claim twice by an escape', tokenOf(header, '{"sub":"ada","s\\u0075b":"eve"}')],
  ['a member twice, deeper', tokenOf(header, '{"a":[{"b":{"c":1,"c":2}}]}')],
  ['a header field twice', tokenOf('{"alg":"none","alg":"RS256"}')],
  ['bytes that are no UTF-8', tokenOf(header, '').replace('..', '._w.')],
  ['padding', `${tokenOf(header)}==`],
  ['the other alphabet of base64', tokenOf(header, { sub: '???>>>' }).replaceAll('_', '/').replaceAll('-', '+')],
  ['a space', ` ${tokenOf(header)}`],
  ['a line break in a part', tokenOf(header).replace('.', '\n.')],
])('%s makes a token malformed', (_name, text) => {
  expect(readToken(text)).toBe('the token is malformed');
});

test('one spelling of the signature is accepted: others have the same bytes', () => {
  // The last character of 32 bytes has two bits that mean nothing.
  const signature = Buffer.alloc(32, 255).toString('base64url');
  expect(readToken(tokenOf(header, {}, signature))).toMatchObject({ algorithm: 'RS256' });
  expect(readToken(tokenOf(header, {}, signature.replace(/8$/, '9')))).toBe('the token is malformed');
});

test('names that only look like two are one each', () => {
  const claims = '{"a":"\\"a\\":","b":["a","b",{"a":1}],"c":{"a":1},"":1}';
  expect(readToken(tokenOf(header, claims))).toMatchObject({ claims: { a: '"a":', c: { a: 1 } } });
});

test.each([
  ['an extension', { ...header, crit: ['exp'] }, 'the token needs an extension (crit)'],
  ['an empty crit', { ...header, crit: [] }, 'the token needs an extension (crit)'],
  ['a payload that is not encoded', { ...header, b64: false }, 'the token needs an extension (crit)'],
  ['another token in it', { ...header, cty: 'JWT' }, 'the token holds another one'],
])('%s is refused', (_name, fields, reason) => {
  expect(readToken(tokenOf(fields))).toBe(reason);
});

test('an encrypted token, and one that is too long, are not looked into', () => {
  expect(readToken('a.b.c.d.e')).toBe('the token is encrypted');
  expect(readToken('a'.repeat(longestToken + 1))).toBe('the token is too long');
});
