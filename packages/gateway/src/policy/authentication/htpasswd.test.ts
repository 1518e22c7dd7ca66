import { expect, test } from 'vitest';
import { readUsers } from './htpasswd.ts';

const bcryptHash = '$2y$04$zyxwvutsrqponmlkjihgfeHo6Nj6Q.rPEMplj.Krtnc5/sRB0rnqK';
const argon2Hash = '$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQxMjM0NTY3OA$T/FMwgVDsa+vodsyYtYu9oWOdVws2Eb9MpJbIB8lZO4';

test('a file of users is read', () => {
  const users = readUsers(`# users\n\nalice:${bcryptHash}\r\nj\xc3\xbcrgen:${argon2Hash}\n`);
  expect(users.hashOf('alice')).toBe(bcryptHash);
  expect(users.hashOf('jürgen')).toBe(argon2Hash);
  expect([users.hashOf('bob'), users.hashOf('Alice'), users.hashOf('toString')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('a name that nobody has stands for some user, always the same', () => {
  const users = readUsers(`alice:${bcryptHash}\nbob:${argon2Hash}`);
  const names = Array.from({ length: 50 }, (_, index) => `nobody-${index}`);
  const decoys = names.map((name) => users.decoyFor(name));
  expect(new Set(decoys)).toEqual(new Set([bcryptHash, argon2Hash]));
  expect(names.map((name) => users.decoyFor(name))).toEqual(decoys);
});

test.each([
  ['alice:$apr1$abc$def', /^line 1: .*MD5 \(apr1\).*htpasswd -B/],
  ['alice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=', /^line 1: .*SHA-1/],
  ['alice:$6$salt$hash', /^line 1: .*SHA-512/],
  ['alice:$1$salt$hash', /^line 1: .*MD5/],
  ['alice:$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$aGFzaA', /^line 1: .*another kind of Argon2/],
  ['alice:hunter2', /^line 1: .*no hash that can be read/],
  ['alice:rl.3StKT.4T8M', /^line 1: .*no hash that can be read/],
  ['alice:', /^line 1: .*no hash/],
  ['alice', /^line 1: expected a name, a colon and a hash/],
  [':x', /^line 1: expected a name/],
  [`alice:${bcryptHash.replace('04', '31')}`, /^line 1: expected a bcrypt cost of 4 to 14/],
  [`alice:${bcryptHash.replace('04', '03')}`, /^line 1: expected a bcrypt cost/],
  [`alice:${bcryptHash}x`, /^line 1: .*no hash/],
  [`alice:${argon2Hash.replace('m=64', 'm=999999')}`, /^line 1: .*costs more than/],
  [`alice:${argon2Hash.replace('m=64', 'm=4')}`, /^line 1: this is no argon2id hash/],
  [`#\na:${bcryptHash}\na:${bcryptHash}`, /^line 3: this user is there twice/],
  [`${'n'.repeat(256)}:${bcryptHash}`, /^line 1: the name is longer/],
  ['# nobody', /it has no users/],
])('%j is refused, and the message tells nothing of it', (text, message) => {
  expect(() => readUsers(text)).toThrow(message);
  expect(() => readUsers(text)).not.toThrow(/alice|hunter2|salt/);
});
