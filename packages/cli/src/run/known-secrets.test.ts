import { parseConfig } from '@sluice/model';
import { createRedaction } from '@sluice/service';
import { expect, test } from 'vitest';
import { knownSecrets } from './known-secrets.ts';

test('passwords, tokens and the credentials of addresses and headers are known, and no names of files', () => {
  const parsed = parseConfig({
    role: 'all',
    store: { url: 'postgres://ada:store%2Fpassword@db/sluice' },
    redis: { url: 'redis://:redis-password@cache' },
    access: { adminPassword: 'admin-password-1', jwtSecret: 'x'.repeat(40) },
    routes: [
      {
        name: 'a',
        backends: [{ name: 'a', url: 'http://127.0.0.1:9' }],
        authentication: {
          methods: [{ type: 'jwt', secretFile: 'users/jwt.secret', cookie: 'shop_login', algorithms: ['HS256'] }],
        },
        transformations: {
          request: { addHeaders: { Authorization: 'Bearer backend-token', 'X-Key': '${secret:key}' } },
        },
      },
    ],
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  expect(knownSecrets(parsed.config, createRedaction()).toSorted()).toEqual(
    [
      'Bearer backend-token',
      'admin-password-1',
      'backend-token',
      'redis-password',
      'store%2Fpassword',
      'store/password',
      'x'.repeat(40),
    ].toSorted(),
  );
});
