import { createRedaction } from '@sluice/service/redaction';
import { expect, test } from 'vitest';
import { withAllAttributes } from '../../../service/src/otlp/testing/otlp-messages.ts';
import type { Head } from '../http1/head.ts';
import { EntryRedaction } from '../observe/entry-redaction.ts';
import { SpanTexts } from './span-texts.ts';
import type { TracedExchange } from './traced-exchange.ts';
import { UsualAttributes } from './usual-attributes.ts';

const route = { name: 'orders', pattern: [], patternText: '/orders/**', version: undefined };
const given: Partial<TracedExchange> = {
  method: 'GET',
  scheme: 'http',
  head: { minorVersion: 1 } as Head,
  host: 'shop.example',
  authority: 'shop.example:8000',
  route,
  generation: { revision: 1 },
  status: 200,
};
const exchange = given as TracedExchange;

const shown = (encodedAttributes: Uint8Array): unknown =>
  withAllAttributes({ encodedAttributes, attributes: {} } as never).attributes;

test.each([
  ['method', { method: 'POST' }, { 'http.request.method': 'POST' }],
  ['unknown method', { method: 'MAKE' }, { 'http.request.method': '_OTHER', 'http.request.method_original': 'MAKE' }],
  ['status', { status: 404 }, { 'http.response.status_code': 404 }],
  ['scheme', { scheme: 'https' }, { 'url.scheme': 'https' }],
  ['version of HTTP', { head: { minorVersion: 0 } as Head }, { 'network.protocol.version': '1.0' }],
  ['revision', { generation: { revision: 2 } }, { 'sluice.revision': 2 }],
  ['port', { authority: 'shop.example:9000' }, { 'server.port': 9000 }],
  ['host', { authority: 'a.example', host: 'a.example' }, { 'server.address': 'a.example', 'server.port': 80 }],
  ['route', { route: { ...route, name: 'other' } }, { 'sluice.route': 'other' }],
] as const)('a span never has the %s of the exchange before', (_what, change, expected) => {
  const usual = new UsualAttributes(new SpanTexts(new EntryRedaction(createRedaction())));
  const first = usual.ofExchange(exchange);
  expect(usual.ofExchange({ ...exchange })).toBe(first);
  expect(shown(usual.ofExchange({ ...exchange, ...change }))).toEqual({ ...(shown(first) as object), ...expected });
  expect(shown(usual.ofExchange(exchange))).toEqual(shown(first));
});

test('an attempt never has the method or the status of the one before, and names its backend', () => {
  const usual = new UsualAttributes(new SpanTexts(new EntryRedaction(createRedaction())));
  const [one, two] = [
    { name: 'one', origin: 'https://[::1]', basePath: '' },
    { name: 'two', origin: 'http://10.0.0.1:81', basePath: '' },
  ];
  const first = usual.ofAttempt(exchange, one, 200);
  expect(usual.ofAttempt(exchange, one, 200)).toBe(first);
  expect(shown(first)).toEqual({
    'http.request.method': 'GET',
    'http.response.status_code': 200,
    'network.protocol.version': '1.1',
    'server.address': '::1',
    'server.port': 443,
    'sluice.backend': 'one',
  });
  expect(shown(usual.ofAttempt(exchange, one, 0))).not.toHaveProperty(['http.response.status_code']);
  expect(shown(usual.ofAttempt({ ...exchange, method: 'PUT' }, one, 0))).toMatchObject({
    'http.request.method': 'PUT',
  });
  expect(shown(usual.ofAttempt(exchange, two, 200))).toMatchObject({ 'sluice.backend': 'two', 'server.port': 81 });
});
