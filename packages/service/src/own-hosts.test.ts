import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { createHostCheck, isListedHost } from './own-hosts.ts';

test('a name that somebody can register is taken only when it is listed', () => {
  const isOwn = createHostCheck(['gateway.example.com']);
  const taken = [
    undefined,
    '127.0.0.1:5000',
    '[::1]:5000',
    '10.1.2.3',
    'localhost:5000',
    'control:5000',
    'control.prod.svc:5000',
    'control.prod.svc.cluster.local',
    'sluice.internal',
    hostname(),
    'gateway.example.com',
    'Gateway.Example.com.:443',
  ];
  expect(taken.filter((host) => !isOwn(host))).toEqual([]);
  const refused = [
    'evil.example:5000',
    'example.com',
    'x.gateway.example.com',
    'a b',
    '',
    'localhost.evil.example',
    'a@b',
  ];
  expect(refused.filter((host) => isOwn(host))).toEqual([]);
});

test('only a listed name, or the machine itself, is good for an address', () => {
  const names = ['gateway.example.com'];
  expect(
    ['gateway.example.com:5000', 'localhost', '127.0.0.1:5000', '[::1]'].every((host) => isListedHost(host, names)),
  ).toBe(true);
  expect(['10.1.2.3', 'control', 'evil.example', 'x.internal'].some((host) => isListedHost(host, names))).toBe(false);
});
