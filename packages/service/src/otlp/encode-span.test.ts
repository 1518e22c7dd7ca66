import { expect, test } from 'vitest';
import { encodeAttributes, encodeSpan } from './encode-span.ts';
import { encodeExport } from './encode-export.ts';
import { ProtoWriter } from './proto-writer.ts';
import { SpanBuffer } from './span-buffer.ts';
import { spanKinds, statusCodes } from './span.ts';
import type { Span } from './span.ts';
import { decodeOtlp } from './testing/otlp-messages.ts';

const least: Span = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  flags: 1,
  kind: spanKinds.server,
  name: 'GET /orders/{id}',
  start: 1_700_000_000_000,
  end: 1_700_000_000_001.5,
  attributes: {},
};

test('another decoder reads all of a span', () => {
  const span: Span = {
    ...least,
    parentId: '00f067aa0ba902b7',
    isParentRemote: true,
    traceState: 'congo=t61rcWkgMzE',
    kind: spanKinds.client,
    attributes: {
      'http.request.method': 'GET',
      'http.response.status_code': 502,
      'url.path': '/bücher/😀',
      absent: undefined,
      share: { double: 1 },
      half: 0.5,
      less: -7,
      failed: true,
    },
    encodedAttributes: encodeAttributes({ 'sluice.route': 'orders' }),
    events: [
      { name: 'retry', time: 1_700_000_000_000.25, attributes: { attempt: 2 } },
      { name: 'end', time: 1 },
    ],
    status: { code: statusCodes.error, message: 'the backend did not answer' },
  };

  expect(decoded(span)).toEqual({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceState: 'congo=t61rcWkgMzE',
    parentSpanId: '00f067aa0ba902b7',
    name: 'GET /orders/{id}',
    kind: 3,
    startTimeUnixNano: '1700000000000000000',
    endTimeUnixNano: '1700000000001500000',
    attributes: [
      { key: 'http.request.method', value: { stringValue: 'GET' } },
      { key: 'http.response.status_code', value: { intValue: '502' } },
      { key: 'url.path', value: { stringValue: '/bücher/😀' } },
      { key: 'share', value: { doubleValue: 1 } },
      { key: 'half', value: { doubleValue: 0.5 } },
      { key: 'less', value: { intValue: '-7' } },
      { key: 'failed', value: { boolValue: true } },
      { key: 'sluice.route', value: { stringValue: 'orders' } },
    ],
    events: [
      {
        timeUnixNano: '1700000000000250000',
        name: 'retry',
        attributes: [{ key: 'attempt', value: { intValue: '2' } }],
      },
      { timeUnixNano: '1000000', name: 'end' },
    ],
    status: { message: 'the backend did not answer', code: 2 },
    flags: 0x301,
  });
});

test('what a span does not have is not written', () => {
  expect(Object.keys(decoded(least))).toEqual([
    'traceId',
    'spanId',
    'name',
    'kind',
    'startTimeUnixNano',
    'endTimeUnixNano',
    'flags',
  ]);
});

test.for([
  [1, '1000000'],
  [1_700_000_000_000, '1700000000000000000'],
  [1_700_000_000_000.25, '1700000000000250000'],
  [1_764_543_113_999.5, '1764543113999500000'],
  // Rounds up to the next second.
  [1_999.9999999, '2000000000'],
  // Where the low halves carry over.
  [4_294_967_295_999, '4294967295999000000'],
  [4_294_967, '4294967000000'],
  [4_295, '4295000000'],
] as const)('%d ms are %s ns', ([start, nanos]) => {
  expect(decoded({ ...least, start })).toMatchObject({ startTimeUnixNano: nanos });
});

test('a time is right to the nanosecond for every millisecond that was tried', () => {
  for (let step = 0; step < 300; step++) {
    const start = 1_600_000_000_000 + step * 2_314_159_265;
    expect(decoded({ ...least, start })).toMatchObject({ startTimeUnixNano: String(BigInt(start) * 1_000_000n) });
  }
});

test.for([1, 63, 64, 65, 126, 127, 128, 4_000])('a name of %d bytes arrives, and so does all that follows', (size) => {
  const name = 'n'.repeat(size);
  const umlauts = 'ü'.repeat(size);
  const scope = scopeOf([{ ...least, name, traceState: umlauts }, least]);
  expect(scope.spans).toMatchObject([{ name, traceState: umlauts }, { name: least.name }]);
});

test('the rest of an overlong attribute is left out', () => {
  expect(decoded({ ...least, attributes: { path: 'p'.repeat(100_000) } })).toMatchObject({
    attributes: [{ value: { stringValue: 'p'.repeat(4096) } }],
  });
});

test('half of a surrogate pair becomes the replacement character, since protobuf wants UTF-8', () => {
  expect(decoded({ ...least, name: 'a\ud83d' })).toMatchObject({ name: 'a\ufffd' });
});

test('a buffer hands over its spans with memory of their own, and begins anew', () => {
  const buffer = new SpanBuffer();
  for (let count = 0; count < 4_000; count++) buffer.add({ ...least, name: `span ${count}` });
  expect(buffer.isFull).toBe(true);

  const { bytes, spans } = buffer.take();
  const moved = structuredClone(bytes, { transfer: [bytes.buffer] });
  buffer.add({ ...least, name: 'later' });

  expect(spans).toBe(4_000);
  const scope = decodeOtlp('ScopeSpans', moved) as { spans: { name: string }[] };
  expect(scope.spans.map(({ name }) => name)).toEqual(Array.from({ length: 4_000 }, (_, count) => `span ${count}`));
  expect(buffer.isFull).toBe(false);
  expect(decodeOtlp('ScopeSpans', buffer.take().bytes)).toMatchObject({ spans: [{ name: 'later' }] });
  expect(buffer.isEmpty).toBe(true);
});

test('a request has the resource, the scope and all chunks', () => {
  const chunks = ['one', 'two'].map((name) => encoded({ ...least, name }));
  expect(
    decodeOtlp(
      'TraceRequest',
      encodeExport(new ProtoWriter(), { resource: { 'service.name': 'sluice' }, version: '1.2.3' }, chunks),
    ),
  ).toMatchObject({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'sluice' } }] },
        scopeSpans: [{ scope: { name: 'sluice', version: '1.2.3' }, spans: [{ name: 'one' }, { name: 'two' }] }],
      },
    ],
  });
});

function encoded(span: Span): Uint8Array {
  const writer = new ProtoWriter(16);
  encodeSpan(writer, span);
  return writer.take();
}

function scopeOf(spans: readonly Span[]): { readonly spans: readonly object[] } {
  const writer = new ProtoWriter(16);
  for (const span of spans) encodeSpan(writer, span);
  return decodeOtlp('ScopeSpans', writer.written()) as { spans: object[] };
}

function decoded(span: Span): object {
  return scopeOf([span]).spans[0];
}
