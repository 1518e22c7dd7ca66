import { BlockList } from 'node:net';
import { describe, expect, test } from 'vitest';
import { readTold } from './forwarded-chain.ts';
import { extendedForwardedFields, forwardedFields } from './forwarded-fields.ts';
import { requestHead } from '../http1/testing/parsed-head.ts';

const trusted = new BlockList();
trusted.addSubnet('10.0.0.0', 8, 'ipv4');
trusted.addSubnet('fd00::', 8, 'ipv6');

const peer = { address: '10.0.0.9', secure: false, host: 'shop.example' };

function head(...fields: string[]) {
  return requestHead('GET / HTTP/1.1', 'Host: shop.example', ...fields);
}

function fieldsFrom(told: ReturnType<typeof head>, seen = peer): string {
  return extendedForwardedFields(seen, readTold(seen, told, trusted), told);
}

/** The lines without their CR LF, which each of them must have. */
function linesOf(text: string): string[] {
  expect(text.endsWith('\r\n')).toBe(true);
  return text.slice(0, -2).split('\r\n');
}

describe('for a peer that is not trusted', () => {
  test('only what was seen is told', () => {
    expect(linesOf(forwardedFields({ address: '203.0.113.7', secure: true, host: 'shop.example:8443' }))).toEqual([
      'X-Forwarded-For: 203.0.113.7',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: shop.example:8443',
      'Forwarded: for=203.0.113.7;host="shop.example:8443";proto=https',
      'Via: 1.1 sluice',
    ]);
  });

  test('an IPv6 address is bracketed and quoted where RFC 7239 wants it', () => {
    expect(linesOf(forwardedFields({ address: '2001:db8::7', secure: false, host: '[2001:db8::1]:80' }))).toEqual([
      'X-Forwarded-For: 2001:db8::7',
      'X-Forwarded-Proto: http',
      'X-Forwarded-Host: [2001:db8::1]:80',
      'Forwarded: for="[2001:db8::7]";host="[2001:db8::1]:80";proto=http',
      'Via: 1.1 sluice',
    ]);
  });

  test('an HTTP/1.0 client without Host has none', () => {
    expect(linesOf(forwardedFields({ address: '203.0.113.7', secure: false, host: '' }))).toEqual([
      'X-Forwarded-For: 203.0.113.7',
      'X-Forwarded-Proto: http',
      'Forwarded: for=203.0.113.7;proto=http',
      'Via: 1.1 sluice',
    ]);
  });
});

describe('for a trusted peer', () => {
  const extended = (...fields: string[]) => linesOf(fieldsFrom(head(...fields)));

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
      'Forwarded: for=203.0.113.7, for=198.51.100.2;host="www.shop.example";proto=https, for=10.0.0.9;host="shop.example";proto=http',
      'Via: 1.1 sluice',
    ]);
  });

  test('that says nothing, only what was seen is told', () => {
    expect(extended()).toEqual(linesOf(forwardedFields(peer)));
  });

  test('the other fields it vouches for are kept as they are', () => {
    const kept = extended('X-Real-IP: 203.0.113.7', 'X-Forwarded-Port: 443', 'X-Forwarded-Prefix: /shop').slice(-3);
    expect(kept).toEqual(['X-Real-IP: 203.0.113.7', 'X-Forwarded-Port: 443', 'X-Forwarded-Prefix: /shop']);
  });

  test('a host is told although the request had none', () => {
    const told = requestHead('GET / HTTP/1.0', 'X-Forwarded-Host: www.shop.example');
    expect(linesOf(fieldsFrom(told, { ...peer, host: '' }))).toContain('X-Forwarded-Host: www.shop.example');
  });

  test('a chain cannot pass for another field', () => {
    const chain = '6.6.6.6, X-Forwarded-Proto: x, X-Forwarded-Host: y, Forwarded: z, 203.0.113.7';
    expect(extended(`X-Forwarded-For: ${chain}`, 'X-Forwarded-Proto: https', 'X-Forwarded-Host: www.example')).toEqual([
      `X-Forwarded-For: ${chain}, 10.0.0.9`,
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: www.example',
      'Forwarded: for=6.6.6.6, for=unknown, for=unknown, for=unknown, for=203.0.113.7;host="www.example";proto=https, for=10.0.0.9;host="shop.example";proto=http',
      'Via: 1.1 sluice',
    ]);
  });

  test('nothing in a value is taken for a pattern', () => {
    expect(extended("X-Forwarded-For: $&$'$1", 'X-Forwarded-Proto: $`')).toEqual([
      "X-Forwarded-For: $&$'$1, 10.0.0.9",
      'X-Forwarded-Proto: http',
      'X-Forwarded-Host: shop.example',
      'Forwarded: for=unknown;host="shop.example";proto=http, for=10.0.0.9;host="shop.example";proto=http',
      'Via: 1.1 sluice',
    ]);
  });
});

describe('what is told is the same in all fields', () => {
  const told = (...fields: string[]) => linesOf(fieldsFrom(head(...fields)));

  test('Forwarded alone gives the others', () => {
    expect(told('Forwarded: for="[2001:db8::7]:443";host=www.shop.example;proto=https', 'X-Real-IP: 6.6.6.6')).toEqual([
      'X-Forwarded-For: 2001:db8::7, 10.0.0.9',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: www.shop.example',
      'Forwarded: for="[2001:db8::7]:443";host=www.shop.example;proto=https, for=10.0.0.9;host="shop.example";proto=http',
      'Via: 1.1 sluice',
      'X-Real-IP: 2001:db8::7',
    ]);
  });

  test('a Forwarded that says the same is continued', () => {
    expect(
      told('X-Forwarded-For: 203.0.113.7:80', 'X-Forwarded-Proto: https', 'Forwarded: for=203.0.113.7;by=_a'),
    ).toContain('Forwarded: for=203.0.113.7;by=_a, for=10.0.0.9;host="shop.example";proto=http');
  });

  test('a Forwarded that says another scheme is written anew', () => {
    expect(
      told('X-Forwarded-For: 203.0.113.7', 'X-Forwarded-Proto: https', 'Forwarded: for=203.0.113.7;proto=http'),
    ).toContain(
      'Forwarded: for=203.0.113.7;host="shop.example";proto=https, for=10.0.0.9;host="shop.example";proto=http',
    );
  });

  test('a peer that tells the scheme alone is the client, and came so', () => {
    expect(told('X-Forwarded-Proto: https')).toContain('Forwarded: for=10.0.0.9;host="shop.example";proto=https');
  });
});
