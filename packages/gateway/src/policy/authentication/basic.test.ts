import { describe, expect, test } from 'vitest';
import type { Secret } from '../secret-texts.ts';
import { recordedRequest } from '../testing/recorded-request.ts';
import { basic, takeOffPassword } from './basic.ts';
import type { ConsumerLookup } from './consumer-lookup.ts';
import type { Passwords, SentPassword } from './passwords.ts';

const hashes = ['$2y$04$zyxwvutsrqponmlkjihgfeHo6Nj6Q.rPEMplj.Krtnc5/sRB0rnqK'];
hashes.push(hashes[0].replace('zy', 'xx'), hashes[0].replace('zy', 'xy'));
const file = { text: `alice:${hashes[0]}\nshop:${hashes[1]}\nold:${hashes[2]}` };

const consumers: ConsumerLookup = {
  find: () => 'unknown',
  peek: () => 'unknown',
  bySubject(subject) {
    if (subject === 'old') return 'expired';
    if (subject !== 'shop') return 'unknown';
    const rest = { organization: 'acme', tier: 'gold', scopes: [], roles: [], permissions: [] };
    return { consumerId: 'c-1', name: 'Shop', ...rest, keyId: undefined };
  },
};

/** What the method says of this Authorization, and what was checked. Every password is right but `wrong`. */
async function saidOf(
  authorization: string | undefined,
  { users, busy = false }: { users?: Secret; busy?: boolean } = {},
) {
  const checked: SentPassword[] = [];
  const passwords = {
    matches(sent: SentPassword) {
      checked.push(sent);
      return busy ? undefined : Promise.resolve(sent.password !== 'wrong');
    },
  } as unknown as Passwords;
  const method = basic({ file: users ?? file, passwords, consumers });
  const said = await method.identify(recordedRequest({ header: () => authorization }));
  return { said, checked, challenge: method.challenge(undefined) };
}

const login = (text: string | Buffer): string => `Basic ${Buffer.from(text as string).toString('base64')}`;

test('a user is known by name, and by the consumer that is called so', async () => {
  const { said, challenge } = await saidOf(login('alice:open sesame'));
  expect(said).toMatchObject({ identity: { method: 'basic', subject: 'alice' } });
  expect(said).not.toHaveProperty('identity.consumerId');
  expect((await saidOf(login('shop:x:y'))).said).toMatchObject({ identity: { consumerId: 'c-1', tier: 'gold' } });
  expect((await saidOf(login('shop:x:y'))).checked[0].password).toBe('x:y');
  expect(challenge).toBe('Basic realm="api", charset="UTF-8"');
});

test.each([undefined, '', 'Bearer abc', 'Basically abc', 'Digest x'])('%j is for the next method', async (value) => {
  expect((await saidOf(value)).said).toBeUndefined();
});

describe('it takes the same calls for', () => {
  test.each([
    ['a known user with a wrong password', 'alice:wrong'],
    ['an unknown user with a wrong password', 'nobody:wrong'],
    ['an unknown user with the password of somebody', 'nobody:open sesame'],
  ])('%s', async (_name, text) => {
    const { said, checked } = await saidOf(login(text));
    expect(said).toEqual({ refused: 'the user name or the password is wrong' });
    expect(checked).toEqual([{ password: text.split(':')[1], hash: checked[0].hash, client: '192.0.2.1' }]);
    expect(hashes).toContain(checked[0].hash);
  });
});

test.each([
  ['no token', 'Basic'],
  ['an empty token', 'Basic '],
  ['no base64', 'Basic a:b'],
  ['base64 for addresses', 'Basic YTpi_-'],
  ['two tokens', 'Basic YTpi YTpi'],
  ['no colon', login('alice')],
  ['no name', login(':x')],
  ['a line feed', login('alice:a\nb')],
  ['NUL', login('alice:wrong\0')],
  ['no UTF-8', login(Buffer.from('alice:\xe4', 'latin1'))],
  ['73 bytes of a password', login(`alice:${'ä'.repeat(36)}x`)],
  ['8 KB', login(`alice:${'x'.repeat(8192)}`)],
])('credentials with %s are refused, and nothing is checked', async (_name, value) => {
  const { said, checked } = await saidOf(value);
  expect(said).toEqual({ refused: 'the credentials are malformed' });
  expect(checked).toEqual([]);
});

test('72 bytes of a password are checked', async () => {
  expect((await saidOf(login(`alice:${'ä'.repeat(36)}`))).said).toHaveProperty('identity');
});

test('a consumer that is expired cannot log in', async () => {
  expect((await saidOf(login('old:right'))).said).toEqual({ refused: 'the consumer is expired' });
});

test('nobody gets in without the file, nor while too many passwords are checked', async () => {
  expect((await saidOf(login('alice:a'), { users: { text: undefined } })).said).toHaveProperty('unavailable');
  expect((await saidOf(login('alice:a'), { busy: true })).said).toHaveProperty('unavailable');
});

test('passwords are taken off, other credentials are not', () => {
  for (const [value, done] of [
    [login('a:b'), ['remove Authorization']],
    ['bAsIc x', ['remove Authorization']],
    ['Bearer x', []],
    [undefined, []],
  ] as const) {
    const request = recordedRequest({ header: () => value });
    takeOffPassword(request);
    expect(request.done).toEqual(done);
  }
});
