import { expect, test } from 'vitest';
import { requestHead } from '../http1/testing/parsed-head.ts';
import { readTraceParent } from './trace-parent.ts';
import type { TraceParent } from './trace-parent.ts';

const trace = '0af7651916cd43dd8448eb211c80319c';
const span = 'b7ad6b7169203331';
const valid = `00-${trace}-${span}-01`;

function read(...fields: string[]): TraceParent | undefined {
  return readTraceParent(requestHead('GET / HTTP/1.1', 'Host: a', ...fields));
}

test.each([
  ['00', '', true],
  ['01', '', true],
  ['cc', '-what-comes', true],
  ['fe', '-', true],
])('version %s with the end "%s" is accepted', (version, end, sampled) => {
  expect(read(`traceparent: ${version}-${trace}-${span}-01${end}`)).toEqual({
    traceId: trace,
    spanId: span,
    sampled,
    state: '',
    b3: 0,
  });
});

test.each([
  ['00', false],
  ['01', true],
  ['02', false],
  ['03', true],
  ['fe', false],
  ['ff', true],
])('the flags %s say %s: the last bit decides', (flags, sampled) => {
  expect(read(`TraceParent: 00-${trace}-${span}-${flags}`)?.sampled).toBe(sampled);
});

test.each([
  ['a version that is forbidden', `ff-${trace}-${span}-01`],
  ['a version 00 that is longer', `${valid}-00`],
  ['a version 00 with a hyphen', `${valid}-`],
  ['a later version without a hyphen', `01-${trace}-${span}-01what`],
  ['a trace of zeros', `00-${'0'.repeat(32)}-${span}-01`],
  ['a span of zeros', `00-${trace}-${'0'.repeat(16)}-01`],
  ['capitals', valid.toUpperCase()],
  ['other letters', `00-${trace.replace('a', 'g')}-${span}-01`],
  ['a short trace', `00-${trace.slice(1)}-${span}-01`],
  ['a short span', `00-${trace}-${span.slice(1)}-01`],
  ['a short version', `0-${trace}-${span}-01`],
  ['short flags', `00-${trace}-${span}-1`],
  ['long flags', `00-${trace}-${span}-011`],
  ['flags of other letters', `00-${trace}-${span}-0x`],
  ['other signs', valid.replaceAll('-', '_')],
  ['two in one', `${valid}, ${valid}`],
  ['nothing', ''],
])('%s is refused, and with it the state', (_what, value) => {
  expect(read(`traceparent: ${value}`, 'tracestate: a=1')).toBeUndefined();
});

test('two fields are refused, even when they say the same', () => {
  expect(read(`traceparent: ${valid}`, `traceparent: ${valid}`)).toBeUndefined();
  expect(read('tracestate: a=1')).toBeUndefined();
  expect(read()).toBeUndefined();
});

const long = (key: string, length: number): string => `${key}=${'v'.repeat(length - key.length - 1)}`;
const many = (count: number): string => Array.from({ length: count }, (_, index) => `k${index}=v`).join(',');

test.each([
  [['a=1'], 'a=1'],
  [['a=1,b=2', 'c=3'], 'a=1,b=2,c=3'],
  [['a=1 \t, b=2,,\t'], 'a=1,b=2'],
  [[''], ''],
  [['a= spaces  inside,b=1'], 'a= spaces  inside,b=1'],
  [['0tenant@sys=1,a-_*/z=1'], '0tenant@sys=1,a-_*/z=1'],
  [[`${'k'.repeat(256)}=v`], `${'k'.repeat(256)}=v`],
  [[`${'t'.repeat(241)}@${'s'.repeat(14)}=v`], `${'t'.repeat(241)}@${'s'.repeat(14)}=v`],
  [[`a=${'v'.repeat(256)}`], `a=${'v'.repeat(256)}`],
  [[many(32)], many(32)],
  // Malformed: all of it is dropped.
  [['a=1,b'], ''],
  [['a=1,=b'], ''],
  [['a=1,b='], ''],
  [['a=1,b=c=d'], ''],
  [['A=1'], ''],
  [['0a=1'], ''],
  [['a@0s=1'], ''],
  [['a@b@c=1'], ''],
  [['a =1'], ''],
  [['a=1,a=2'], ''],
  [['a=1', 'a=2'], ''],
  [[`${'k'.repeat(257)}=v`], ''],
  [[`${'t'.repeat(242)}@s=v`], ''],
  [[`t@${'s'.repeat(15)}=v`], ''],
  [[`a=${'v'.repeat(257)}`], ''],
  [['a=\u00e9'], ''],
  [[many(33)], ''],
  // Too long: members of more than 128 characters go first, and then the last ones.
  [
    [[long('a', 200), long('b', 128), long('c', 128), long('d', 128)].join(',')],
    [long('b', 128), long('c', 128), long('d', 128)].join(','),
  ],
  [
    [Array.from({ length: 5 }, (_, index) => long(`k${index}`, 110)).join(',')],
    Array.from({ length: 4 }, (_, index) => long(`k${index}`, 110)).join(','),
  ],
  [[[long('a', 255), long('b', 256)].join(',')], [long('a', 255), long('b', 256)].join(',')],
  [[[long('a', 256), long('b', 256)].join(',')], long('a', 256)],
])('the state %j is passed on as %j', (fields, state) => {
  expect(read(`traceparent: ${valid}`, ...fields.map((value) => `tracestate: ${value}`))?.state).toBe(state);
});

const half = '8448eb211c80319c';
const padded = `0000000000000000${half}`;

test.each<[string, string[], object]>([
  ['all', [`b3: ${trace}-${span}-1-${span}`], { traceId: trace, spanId: span, sampled: true, b3: 1 }],
  ['no parent', [`b3: ${trace}-${span}-0`], { traceId: trace, sampled: false }],
  ['no decision', [`b3: ${trace}-${span}`], { traceId: trace, sampled: undefined }],
  ['debugging', [`b3: ${trace}-${span}-d`], { sampled: true }],
  ['half an id', [`b3: ${half}-${span}-1`], { traceId: padded, spanId: span }],
  ['a decision alone', ['b3: 0'], { traceId: undefined, spanId: '', sampled: false, b3: 1 }],
  ['debugging alone', ['b3: d'], { traceId: undefined, sampled: true }],
  [
    'several fields',
    [`X-B3-TraceId: ${half}`, `x-b3-spanid: ${span}`, 'X-B3-Sampled: 1'],
    { traceId: padded, spanId: span, sampled: true, b3: 2 },
  ],
  ['old words', [`X-B3-TraceId: ${trace}`, `X-B3-SpanId: ${span}`, 'X-B3-Sampled: False'], { sampled: false }],
  ['flags', [`X-B3-TraceId: ${trace}`, `X-B3-SpanId: ${span}`, 'X-B3-Flags: 1'], { sampled: true }],
  ['a decision in a field', ['X-B3-Sampled: 0'], { traceId: undefined, sampled: false, b3: 2 }],
  ['a trace without its span', [`X-B3-TraceId: ${trace}`, 'X-B3-Sampled: 1'], { traceId: undefined, sampled: true }],
  ['the one field before the several', ['b3: 0', 'X-B3-Sampled: 1'], { sampled: false, b3: 3 }],
  ['the several fields if the one is malformed', ['b3: x', 'X-B3-Sampled: 1'], { sampled: true, b3: 3 }],
  ['W3C before B3', [`b3: ${half}-${span}-0`, `traceparent: ${valid}`], { traceId: trace, sampled: true, b3: 1 }],
  ['B3 if W3C is malformed', [`b3: ${trace}-${span}-0`, 'traceparent: x'], { traceId: trace, sampled: false, b3: 1 }],
])('B3 is read: %s', (_what, fields, parent) => {
  expect(read(...fields)).toMatchObject(parent);
});

test.each([
  ['b3', `b3: ${trace.slice(1)}-${span}`],
  ['b3 of zeros', `b3: ${'0'.repeat(32)}-${span}-1`],
  ['b3 with a span of zeros', `b3: ${trace}-${'0'.repeat(16)}-1`],
  ['b3 in capitals', `b3: ${trace.toUpperCase()}-${span}-1`],
  ['another decision', 'b3: 2'],
  ['a decision that is no word', 'X-B3-Sampled: yes'],
  ['an empty field', 'b3:'],
])('malformed B3 counts as absent: %s', (_what, field) => {
  expect(read(field)).toBeUndefined();
});

test('a field that comes twice counts as absent', () => {
  expect(read('b3: 1', 'b3: 1')).toBeUndefined();
  expect(read('X-B3-Sampled: 1', 'X-B3-Sampled: 1')).toBeUndefined();
});
