import { createSecureContext } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { cipherProblems, tlsOptions } from './tls-options.ts';

describe('the suites that are offered', () => {
  test('are AEAD with forward secrecy', () => {
    for (const name of tlsOptions({}).ciphers.split(':')) {
      expect(name).toMatch(/^(TLS_|ECDHE-).*(GCM|POLY1305)/);
    }
  });

  test('modern is TLS 1.3 alone, whatever else is said', () => {
    expect(tlsOptions({ profile: 'modern', minVersion: 'TLSv1.2' })).toMatchObject({
      minVersion: 'TLSv1.3',
      ciphers: expect.not.stringContaining('ECDHE') as string,
    });
  });

  test('own ones take the place of the profile', () => {
    const options = tlsOptions({ ciphers: ['TLS_AES_128_GCM_SHA256', 'ECDHE-RSA-AES128-SHA'] });
    expect(options.ciphers).toBe('TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-SHA');
    expect(() => createSecureContext(options)).not.toThrow();
  });
});

describe('own suites', () => {
  test('that OpenSSL does not know are named', () => {
    expect(cipherProblems({ ciphers: ['TLS_AES_128_GCM_SHA256', 'ECDHE-RSA-AES512'] })).toEqual([
      { path: ['ciphers', 1], message: 'ECDHE-RSA-AES512 is no cipher suite here: see openssl ciphers -v' },
    ]);
  });

  test('that leave no version are refused', () => {
    const ciphers = ['ECDHE-RSA-AES128-GCM-SHA256'];
    expect(cipherProblems({ ciphers })).toEqual([]);
    expect(cipherProblems({ ciphers, minVersion: 'TLSv1.3' })).toHaveLength(1);
    expect(cipherProblems({ ciphers, profile: 'modern' })).toHaveLength(1);
  });
});
