import { BlockList } from 'node:net';
import { describe, expect, test } from 'vitest';
import { clientBehind, extendedForwardedFields, forwardedFields, isTrusted, plainAddress } from './forwarded-fields.ts';
import { requestHead } from './testing/parsed-head.ts';

const trusted = new BlockList();
trusted.addSubnet('10.0.0.0', 8, 'ipv4');
trusted.addSubnet('fd00::', 8, 'ipv6');

const peer = { address: '10.0.0.9', secure: false };

function head(...fields: string[]) {
  return requestHead('GET / HTTP/1.1', 'Host: shop.example', ...fields);
}

/** The lines without their CR LF, which each of them must have. */
function linesOf(text: string): string[] {
  expect(text.endsWith('\r\n')).toBe(true);
  return text.slice(0, -2).split('\r\n');
}

describe('for a peer that is not trusted', () => {
  test('only what was seen is told', () => {
    expect(linesOf(forwardedFields({ address: '203.0.113.7', secure: true }, 'shop.example:8443'))).toEqual([
      'X-Forwarded-For: 203.0.113.7',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: shop.example:8443',
      'Forwarded: for=203.0.113.7;host="shop.example:8443";proto=https',
      'Via: 1.1 sluice',
    ]);
  });

  test('an IPv6 address is bracketed and quoted where RFC 7239 wants it', () => {
    expect(linesOf(forwardedFields({ address: '2001:db8::7', secure: false }, '[2001:db8::1]:80'))).toEqual([
      'X-Forwarded-For: 2001:db8::7',
      'X-Forwarded-Proto: http',
      'X-Forwarded-Host: [2001:db8::1]:80',
      'Forwarded: for="[2001:db8::7]";host="[2001:db8::1]:80";proto=http',
      'Via: 1.1 sluice',
    ]);
  });

  test('an HTTP/1.0 client without Host has none', () => {
    expect(linesOf(forwardedFields({ address: '203.0.113.7', secure: false }, ''))).toEqual([
      'X-Forwarded-For: 203.0.113.7',
      'X-Forwarded-Proto: http',
      'Forwarded: for=203.0.113.7;proto=http',
      'Via: 1.1 sluice',
    ]);
  });
});

describe('for a trusted peer', () => {
  const extended = (...fields: string[]) => linesOf(extendedForwardedFields(peer, 'shop.example', head(...fields)));

  test('its chains go on, with the peer appended', () => {
    expect(
      extended(
        'X-Forwarded-For: 203.0.113.7',
        'X-Forwarded-For: 198.51.100.2',
        'Forwarded: for=203.0.113.7;proto=https',
        'x-forwarded-proto: https',
        'X-Forwarded-Host: www.shop.example',
      ),
    ).toEqual([
      'X-Forwarded-For: 203.0.113.7, 198.51.100.2, 10.0.0.9',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: www.shop.example',
      'Forwarded: for=203.0.113.7;proto=https, for=10.0.0.9;host="shop.example";proto=http',
      'Via: 1.1 sluice',
    ]);
  });

  test('that says nothing, only what was seen is told', () => {
    expect(extended()).toEqual(linesOf(forwardedFields(peer, 'shop.example')));
  });

  test('the other fields it vouches for are kept as they are', () => {
    const kept = extended('X-Real-IP: 203.0.113.7', 'X-Forwarded-Port: 443', 'X-Forwarded-Prefix: /shop').slice(-3);
    expect(kept).toEqual(['X-Real-IP: 203.0.113.7', 'X-Forwarded-Port: 443', 'X-Forwarded-Prefix: /shop']);
  });

  test('a host is told although the request had none', () => {
    const text = extendedForwardedFields(peer, '', requestHead('GET / HTTP/1.0', 'X-Forwarded-Host: www.shop.example'));
    expect(linesOf(text)).toContain('X-Forwarded-Host: www.shop.example');
  });

  test('a chain cannot pass for another field', () => {
    const chain = '6.6.6.6, X-Forwarded-Proto: x, X-Forwarded-Host: y, Forwarded: z, 203.0.113.7';
    expect(extended(`X-Forwarded-For: ${chain}`, 'X-Forwarded-Proto: https', 'X-Forwarded-Host: www.example')).toEqual([
      `X-Forwarded-For: ${chain}, 10.0.0.9`,
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: www.example',
      'Forwarded: for=10.0.0.9;host="shop.example";proto=http',
      'Via: 1.1 sluice',
    ]);
  });

  test('nothing in a value is taken for a pattern', () => {
    expect(extended("X-Forwarded-For: $&$'$1", 'X-Forwarded-Proto: $`')).toEqual([
      "X-Forwarded-For: $&$'$1, 10.0.0.9",
      'X-Forwarded-Proto: $`',
      'X-Forwarded-Host: shop.example',
      'Forwarded: for=10.0.0.9;host="shop.example";proto=http',
      'Via: 1.1 sluice',
    ]);
  });
});

describe('the client behind trusted proxies', () => {
  test.each([
    { what: 'the only one named', chain: '203.0.113.7', client: '203.0.113.7' },
    { what: 'not what the client claimed', chain: '6.6.6.6, 203.0.113.7', client: '203.0.113.7' },
    { what: 'behind a proxy that is trusted, too', chain: '6.6.6.6, 203.0.113.7, 10.1.1.1', client: '203.0.113.7' },
    { what: 'an inner client, when all are trusted', chain: '10.2.2.2, 10.1.1.1', client: '10.2.2.2' },
    { what: 'IPv6', chain: '2001:db8::7, fd00::1', client: '2001:db8::7' },
    { what: 'behind a proxy in IPv6 form', chain: '203.0.113.7, ::ffff:10.1.1.1', client: '203.0.113.7' },
    { what: 'IPv4, although in IPv6 form', chain: '::ffff:203.0.113.7', client: '203.0.113.7' },
    { what: 'the last that is sound', chain: '203.0.113.7, unknown, 10.1.1.1', client: '10.1.1.1' },
    { what: 'the peer, when the chain is nonsense', chain: 'unknown', client: '10.0.0.9' },
    { what: 'no address that cannot be', chain: '999.1.1.1, 10.1.1.1', client: '10.1.1.1' },
    { what: 'no address with leading zeros', chain: '010.1.1.1', client: '10.0.0.9' },
    { what: 'no address in brackets', chain: '[2001:db8::7]', client: '10.0.0.9' },
    { what: 'the peer, when the chain is empty', chain: '', client: '10.0.0.9' },
  ])('is $what ($chain)', ({ chain, client }) => {
    expect(clientBehind('10.0.0.9', head(`X-Forwarded-For: ${chain}`), trusted)).toBe(client);
  });

  test('is the peer without a chain', () => {
    expect(clientBehind('10.0.0.9', head(), trusted)).toBe('10.0.0.9');
  });

  test('is found in a chain over several fields', () => {
    const two = head('X-Forwarded-For: 6.6.6.6', 'X-Forwarded-For: 203.0.113.7, 10.1.1.1');
    expect(clientBehind('10.0.0.9', two, trusted)).toBe('203.0.113.7');
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
