import { describe, expect, test } from 'vitest';
import { createPrng, seedOfRun } from '../route/testing/prng.ts';
import { classifyField, Field, fieldClasses } from './field-names.ts';

const seed = seedOfRun();

const known: readonly (readonly [name: string, field: number])[] = [
  ['host', Field.host],
  ['connection', Field.connection],
  ['content-length', Field.contentLength],
  ['transfer-encoding', Field.transferEncoding],
  ['expect', Field.expect],
  ['upgrade', Field.upgrade],
  ['keep-alive', Field.keepAlive],
  ['proxy-connection', Field.proxyConnection],
  ['te', Field.te],
  ['trailer', Field.trailer],
  ['authorization', Field.authorization],
  ['www-authenticate', Field.wwwAuthenticate],
  ['ratelimit', Field.rateLimit],
  ['ratelimit-policy', Field.rateLimit],
  ['x-ratelimit-limit', Field.rateLimit],
  ['x-ratelimit-remaining', Field.rateLimit],
  ['x-ratelimit-reset', Field.rateLimit],
  ['traceparent', Field.trace],
  ['tracestate', Field.trace],
  ['b3', Field.trace],
  ['baggage', Field.other],
  ['date', Field.date],
  ['max-forwards', Field.maxForwards],
  ['proxy-authorization', Field.proxyAuthorization],
  ['proxy-authenticate', Field.proxyAuthenticate],
  ['http2-settings', Field.http2Settings],
  ['forwarded', Field.forwarded],
  ['x-real-ip', Field.xRealIp],
  ['via', Field.via],
  ['x-request-id', Field.xRequestId],
  ['traceparent', Field.trace],
  ['tracestate', Field.trace],
  ['b3', Field.trace],
  ['baggage', Field.other],
  ['date', Field.date],
  ['max-forwards', Field.maxForwards],
  ['content-type', Field.contentType],
  ['sec-websocket-key', Field.secWebSocketKey],
  ['sec-websocket-version', Field.secWebSocketVersion],
  ['x-forwarded-for', Field.xForwarded],
  ['x-forwarded-proto', Field.xForwarded],
  ['x-forwarded-x', Field.xForwarded],
  ['x-gateway-revision', Field.internal],
  ['x-sluice-variant', Field.internal],
  ['x-b3-traceid', Field.trace],
];

const unknown = [
  'x',
  'X',
  'x-',
  'accept',
  'hos',
  'hosts',
  'host-',
  'tea',
  't',
  'content-lengt',
  'content-lengthh',
  'content~length',
  'content.length',
  'transfer-encodin',
  'x-forwarded',
  'x-forwarded-',
  'y-forwarded-for',
  'x-forwardedfor',
  'x-gatewa-y',
  'x-sluice',
  'x-real-ips',
  'xreal-ip',
];

describe('classifyField', () => {
  test.each(known)('knows %s in any case', (name, field) => {
    expect(classify(name)).toBe(field);
    expect(classify(name.toUpperCase())).toBe(field);
    const prng = createPrng(seed);
    for (let round = 0; round < 20; round++) {
      const mixed = name
        .split('')
        .map((letter) => (prng.below(2) === 0 ? letter.toUpperCase() : letter))
        .join('');
      expect(classify(mixed), `seed ${seed}`).toBe(field);
    }
  });

  test.each(unknown)('does not take %s for another', (name) => {
    expect(classify(name)).toBe(Field.other);
    expect(classify(name.toUpperCase())).toBe(Field.other);
  });

  test('does not take a name for known that differs in one byte', () => {
    const tokens = "!#$%&'*+-.^`|~019AZaz";
    for (const [name, field] of known) {
      // Those that go by what they begin with.
      if (field === Field.xForwarded || field === Field.internal || name.startsWith('x-b3-')) continue;
      for (let at = 0; at < name.length; at++) {
        for (const token of tokens) {
          const other = name.slice(0, at) + token + name.slice(at + 1);
          const same = known.find(([text]) => text === other.toLowerCase());
          expect(classify(other), other).toBe(same?.[1] ?? Field.other);
        }
      }
    }
  });

  test('does not confuse bytes that differ from a letter by the case bit alone', () => {
    // `|` is `\` with the case bit, `^` is `~`: neither is a letter.
    expect(classify('x^forwarded-for')).toBe(Field.other);
    expect(classify('\x54\x45')).toBe(Field.te);
    expect(classify('keep\x0dalive')).toBe(Field.other);
    expect(classify('http\x122-settings')).toBe(Field.other);
  });

  test('has a test for every class, and each fits in the bits of a number', () => {
    const tested = new Set([...known.map(([, field]) => field), Field.other, Field.underscored]);
    expect(tested).toEqual(new Set(Object.values(Field)));
    expect(Math.max(...tested)).toBe(fieldClasses - 1);
    expect(fieldClasses).toBeLessThanOrEqual(31);
  });
});

/** Amid other bytes: only the stretch between the offsets counts. */
function classify(name: string): number {
  const bytes = Buffer.from(`x-${name}: a`, 'latin1');
  return classifyField(bytes, 2, 2 + name.length);
}
