import { BlockList } from 'node:net';
import { describe, expect, test } from 'vitest';
import { isTrusted, plainAddress, readTold } from './forwarded-chain.ts';
import { requestHead } from '../http1/testing/parsed-head.ts';

const trusted = new BlockList();
trusted.addSubnet('10.0.0.0', 8, 'ipv4');
trusted.addSubnet('fd00::', 8, 'ipv6');

const peer = { address: '10.0.0.9', secure: false, host: 'shop.example' };

describe('the client behind trusted proxies', () => {
  const clientOf = (...fields: string[]) =>
    readTold(peer, requestHead('GET / HTTP/1.1', 'Host: shop.example', ...fields), trusted);

  test.each([
    { what: 'the only one named', chain: '203.0.113.7', client: '203.0.113.7' },
    { what: 'not what the client claimed', chain: '6.6.6.6, 203.0.113.7', client: '203.0.113.7' },
    { what: 'behind a proxy that is trusted, too', chain: '6.6.6.6, 203.0.113.7, 10.1.1.1', client: '203.0.113.7' },
    { what: 'an inner client, when all are trusted', chain: '10.2.2.2, 10.1.1.1', client: '10.2.2.2' },
    { what: 'IPv6', chain: '2001:db8::7, fd00::1', client: '2001:db8::7' },
    { what: 'behind a proxy in IPv6 form', chain: '203.0.113.7, ::ffff:10.1.1.1', client: '203.0.113.7' },
    { what: 'IPv4, although in IPv6 form', chain: '::ffff:203.0.113.7', client: '203.0.113.7' },
    { what: 'with a port, as Azure writes it', chain: '203.0.113.7:51234', client: '203.0.113.7' },
    { what: 'IPv6 with a port', chain: '[2001:DB8::7]:443', client: '2001:db8::7' },
    { what: 'IPv6 in brackets', chain: '[2001:db8::7], [fd00::1]:443', client: '2001:db8::7' },
    { what: 'IPv6 in its short form', chain: '2001:0db8:0:0::0007', client: '2001:db8::7' },
    { what: 'IPv6 with a zone', chain: 'fe80::7%eth0', client: 'fe80::7' },
    { what: 'in quotes', chain: '"[2001:db8::7]:443"', client: '2001:db8::7' },
    { what: 'IPv4 in IPv6 form, in hexadecimal', chain: '::ffff:cb00:7107, 10.1.1.1:80', client: '203.0.113.7' },
    { what: 'in a list with empty members', chain: ', 203.0.113.7,, 10.1.1.1 ,', client: '203.0.113.7' },
    { what: 'withheld', chain: '203.0.113.7, unknown, 10.1.1.1', client: 'unknown' },
    { what: 'withheld under a name', chain: '_hidden, 10.1.1.1', client: '_hidden' },
    { what: 'not readable', chain: '999.1.1.1, 10.1.1.1', client: 'unknown' },
    { what: 'not one with leading zeros', chain: '010.1.1.1', client: 'unknown' },
    { what: 'not one with a port too long', chain: '203.0.113.7:123456', client: 'unknown' },
    { what: 'the peer, when the chain is empty', chain: '', client: '10.0.0.9' },
  ])('is $what ($chain)', ({ chain, client }) => {
    expect(clientOf(`X-Forwarded-For: ${chain}`).address).toBe(client);
  });

  test('is the peer without a chain', () => {
    expect(clientOf().address).toBe('10.0.0.9');
  });

  test('is found in a chain over several fields', () => {
    expect(clientOf('X-Forwarded-For: 6.6.6.6', 'X-Forwarded-For: 203.0.113.7, 10.1.1.1').address).toBe('203.0.113.7');
  });

  test.each([
    ['for=203.0.113.7', '203.0.113.7'],
    ['For="203.0.113.7:4711"', '203.0.113.7'],
    ['for="[2001:db8::7]:443";proto=https, for=10.1.1.1', '2001:db8::7'],
    ['by=10.1.1.1; for=_SEVKISEK;host="a,b;c"', '_SEVKISEK'],
    ['for=6.6.6.6, for=unknown', 'unknown'],
    ['for=203.0.113.7, for="10.1.1.1', 'unknown'],
    ['proto=https', 'unknown'],
    ['for="203.\\0.113.7"', '203.0.113.7'],
    [',for=203.0.113.7,', '203.0.113.7'],
  ])('is found in Forwarded: %s', (forwarded, address) => {
    expect(clientOf(`Forwarded: ${forwarded}`).address).toBe(address);
  });

  test('is found in X-Real-IP where nothing else is told', () => {
    expect(clientOf('X-Real-IP: 203.0.113.7').address).toBe('203.0.113.7');
    expect(clientOf('X-Real-IP: 6.6.6.6', 'X-Forwarded-For: 203.0.113.7').address).toBe('203.0.113.7');
  });

  test('is the one of X-Forwarded-For where Forwarded names another', () => {
    expect(clientOf('X-Forwarded-For: 203.0.113.7', 'Forwarded: for=6.6.6.6;proto=https')).toMatchObject({
      address: '203.0.113.7',
      secure: false,
    });
  });

  test.each([
    [['X-Forwarded-Proto: https'], true],
    [['X-Forwarded-Proto: HTTPS'], true],
    [['X-Forwarded-Proto: wss'], true],
    [['X-Forwarded-Proto: gopher'], false],
    [['X-Forwarded-For: 203.0.113.7', 'X-Forwarded-Proto: https, http'], false],
    [['X-Forwarded-For: 203.0.113.7, 10.1.1.1', 'X-Forwarded-Proto: https, http'], true],
    [['X-Forwarded-For: 203.0.113.7, 10.1.1.1', 'X-Forwarded-Proto: https'], true],
    [['Forwarded: for=203.0.113.7;proto=https, for=10.1.1.1;proto=http'], true],
    [['Forwarded: for=203.0.113.7;proto=http, for=10.1.1.1;proto=https'], false],
    [['X-Forwarded-For: 203.0.113.7', 'Forwarded: for=203.0.113.7;proto=https'], true],
  ])('came over TLS as %j says: %s', (fields, secure) => {
    expect(clientOf(...fields).secure).toBe(secure);
  });
});

test.each([
  ['10.255.0.1', true],
  ['11.0.0.1', false],
  ['::ffff:10.0.0.1', true],
  ['fd12::1', true],
  ['fe80::1', false],
  // A peer that was gone before its address could be asked for.
  ['', false],
  ['not an address', false],
])('%s is trusted: %s', (address, verdict) => {
  expect(isTrusted(address, trusted)).toBe(verdict);
});

test('an IPv4 address in IPv6 form is the IPv4 address', () => {
  expect(['::ffff:10.0.0.1', '10.0.0.1', '::1', '2001:db8::1'].map(plainAddress)).toEqual([
    '10.0.0.1',
    '10.0.0.1',
    '::1',
    '2001:db8::1',
  ]);
});
