import { expect, test } from 'vitest';
import { callerOf } from './caller.ts';

const identity = { method: 'external', subject: 'ann', scopes: [], roles: [], permissions: [], claims: {} };

test('a caller is its consumer, else its subject with who vouches for it, else nobody that could be told from others', () => {
  expect(callerOf({ ...identity, consumerId: '7' })).toBe('consumer 7');
  expect(callerOf(identity)).not.toBe(callerOf({ ...identity, authority: 'https://id.test' }));
  expect(callerOf({ ...identity, subject: '' })).toBeUndefined();
  const [one, other] = [
    { authority: 'a', subject: 'b c' },
    { authority: 'a b', subject: 'c' },
  ];
  expect(callerOf({ ...identity, ...one })).not.toBe(callerOf({ ...identity, ...other }));
});
