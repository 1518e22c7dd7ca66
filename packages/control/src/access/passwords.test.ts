import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { hashPassword, matchesPassword } from './argon2.ts';
import { Passwords, owaspCost } from './passwords.ts';

const cheap = { memory: 64, passes: 1, parallelism: 1 };

test('hashes are PHC strings at the cost that OWASP asks for', async () => {
  const hash = await new Passwords({ random: randomBytes }).hash('a password of mine');
  expect(owaspCost).toEqual({ memory: 47_104, passes: 1, parallelism: 1 });
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=47104,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
});

test('understands a hash of the reference implementation', async () => {
  // From the tests of phc-winner-argon2 (test.c): version 0x13, argon2id, t=2, m=16, p=1.
  const hash = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  expect(await matchesPassword('password', hash)).toBe(true);
  expect(await matchesPassword('passwort', hash)).toBe(false);
});

test('the same word matches however its accents are composed', async () => {
  const hash = await hashPassword('caf\u00E9 caf\u00E9 caf\u00E9', cheap, randomBytes);
  expect(await matchesPassword('cafe\u0301 cafe\u0301 cafe\u0301', hash)).toBe(true);
});

test.each([
  '',
  'plain text',
  '$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  '$argon2id$v=16$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  '$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFh',
  '$argon2id$v=19$m=9999999,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  '$argon2id$v=19$m=64,t=999,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  '$argon2id$v=19$m=64,t=0,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
])('does not work on %j, and nothing matches it', async (hash) => {
  expect(await matchesPassword('password', hash)).toBeUndefined();
  const passwords = new Passwords({ random: randomBytes, cost: cheap });
  expect(await passwords.verify('password', hash)).toEqual({ matches: false, outdated: false });
});

test('checking against no hash does the same work as against one', async () => {
  let salts = 0;
  const random = (size: number): Buffer => {
    salts += 1;
    return randomBytes(size);
  };
  const passwords = new Passwords({ random, cost: cheap });
  // Work on a made-up hash begins with its salt.
  expect(await passwords.verify('password', undefined)).toEqual({ matches: false, outdated: false });
  expect(salts).toBe(1);
});

test('leaves the main thread free', async () => {
  const passwords = new Passwords({ random: randomBytes, cost: cheap });
  let turns = 0;
  let turn = setImmediate(function next() {
    turns += 1;
    turn = setImmediate(next);
  });
  // The thread that hashes is heard between two turns at the soonest, however fast it is.
  for (let count = 0; count < 10; count += 1) await passwords.hash('a password of mine');
  clearImmediate(turn);
  expect(turns).toBeGreaterThanOrEqual(9);
});
