import { describe, expect, test } from 'vitest';
import { Field } from '../http1/field-names.ts';
import { isTrusted } from '../forward/forwarded-chain.ts';
import { compileSettings } from './compile-settings.ts';
import { configOf } from './testing/plans.ts';

const compiled = (proxy: Parameters<typeof configOf>[1]) => compileSettings(configOf({}, proxy).proxy, 7);

describe('trusted proxies', () => {
  test('are nobody by default', () => {
    expect(compiled({}).trustedProxies).toBeUndefined();
  });

  test.each([
    ['10.1.2.3', true],
    ['11.1.2.3', false],
    ['192.0.2.1', true],
    ['192.0.2.2', false],
    ['::ffff:10.1.2.3', true],
    ['2001:db8:1::1', true],
    ['2001:db9::1', false],
    ['::1', true],
    ['::2', false],
  ])('are told by ranges and addresses: %s: %s', (address, trusted) => {
    const list = compiled({ trustedProxies: ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32', '::1'] }).trustedProxies;
    expect(list !== undefined && isTrusted(address, list)).toBe(trusted);
  });
});

test('names with underscores are dropped unless they are allowed', () => {
  expect(compiled({}).dropFromRequests).toBe(1 << Field.underscored);
  expect(compiled({ allowUnderscoreHeaders: true }).dropFromRequests).toBe(0);
});

test('the revision is a ready-made field, when it is to be exposed', () => {
  expect(compiled({}).revisionField).toBe('');
  expect(compiled({ exposeRevision: true }).revisionField).toBe('X-Gateway-Revision: 7\r\n');
});

test('limits are taken over', () => {
  const settings = compiled({ maxConnections: 5, maxConnectionsPerAddress: 2, maxConcurrentRequests: 3 });
  expect(settings).toMatchObject({ maxConcurrentRequests: 3, connectionLimits: { total: 5, perAddress: 2 } });
});
