import { expect, test } from 'vitest';
import { policyFileProblems } from './named-files.ts';
import { policyFiles } from './policy-files.ts';

const route = {
  name: 'orders',
  authentication: {
    methods: [
      { type: 'jwt', secretFile: 'jwt.secret', issuer: 'https://id.example' },
      { type: 'basic', usersFile: '../users.htpasswd' },
      { type: 'oidc', clientSecretFile: 'shop/web.secret', caFile: '/etc/ca.pem' },
    ],
  },
};

test('the files that policies name are listed with their places in the route', () => {
  expect(policyFiles(route)).toEqual([
    { path: ['authentication', 'methods', 0, 'secretFile'], name: 'jwt.secret', content: 'anything' },
    { path: ['authentication', 'methods', 1, 'usersFile'], name: '../users.htpasswd', content: 'users' },
    { path: ['authentication', 'methods', 2, 'caFile'], name: '/etc/ca.pem', content: 'anything' },
    { path: ['authentication', 'methods', 2, 'clientSecretFile'], name: 'shop/web.secret', content: 'anything' },
  ]);
  expect(policyFiles({ name: 'open' })).toEqual([]);
});

test('over the API a policy names a file in the folder of the nodes, and nothing else on their disks', () => {
  expect(policyFileProblems(route).map(({ path }) => path.slice(2))).toEqual([
    [1, 'usersFile'],
    [2, 'caFile'],
  ]);
});
