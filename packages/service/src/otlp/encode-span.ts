import { ProtoWriter } from './proto-writer.ts';
import type { Attributes, AttributeValue, Span, SpanEvent, SpanStatus } from './span.ts';

/** Texts come from requests, and a collector refuses a message that is too long: the rest of a longer one is left out. */
const longestText = 4096;

/** Bits of the flags of a span: it is known whether the parent is in another process, and it is. */
const hasRemote = 0x100;
const isRemote = 0x200;

/** Appends a span, as field 2 of a `ScopeSpans`: spans one after the other are a chunk that goes out as it is. */
export function encodeSpan(to: ProtoWriter, span: Span): void {
  const start = to.begin(2);
  to.hex(1, span.traceId);
  to.hex(2, span.spanId);
  if (span.traceState !== undefined) to.string(3, span.traceState);
  if (span.parentId !== undefined) to.hex(4, span.parentId);
  to.string(5, span.name);
  to.integer(6, span.kind);
  to.time(7, span.start);
  to.time(8, span.end);
  appendAttributes(to, 9, span.attributes);
  if (span.encodedAttributes !== undefined) to.raw(span.encodedAttributes);
  if (span.events !== undefined) for (const event of span.events) appendEvent(to, event);
  if (span.status !== undefined) appendStatus(to, span.status);
  to.fixed32(16, span.flags | hasRemote | (span.isParentRemote === true ? isRemote : 0));
  to.end(start);
}

/** Attributes of a span, written once for all spans that have them. */
export function encodeAttributes(attributes: Attributes): Uint8Array {
  const writer = new ProtoWriter(256);
  appendAttributes(writer, 9, attributes);
  return writer.take();
}

/** Appends attributes as the field of this number: a list of `KeyValue`. */
export function appendAttributes(to: ProtoWriter, field: number, attributes: Attributes): void {
  for (const key in attributes) {
    const value = attributes[key];
    if (value === undefined) continue;
    const start = to.begin(field);
    to.string(1, key);
    const valueStart = to.begin(2);
    appendValue(to, value);
    to.end(valueStart);
    to.end(start);
  }
}

/** Appends the one field of an `AnyValue`. */
function appendValue(to: ProtoWriter, value: AttributeValue): void {
  if (typeof value === 'string') to.string(1, value.length > longestText ? value.slice(0, longestText) : value);
  else if (typeof value === 'boolean') to.integer(2, value ? 1 : 0);
  else if (typeof value === 'object') to.double(4, value.double);
  else if (Number.isSafeInteger(value)) to.integer(3, value);
  else to.double(4, value);
}

function appendEvent(to: ProtoWriter, { time, name, attributes }: SpanEvent): void {
  const start = to.begin(11);
  to.time(1, time);
  to.string(2, name);
  if (attributes !== undefined) appendAttributes(to, 3, attributes);
  to.end(start);
}

function appendStatus(to: ProtoWriter, { code, message }: SpanStatus): void {
  const start = to.begin(15);
  if (message !== undefined) to.string(2, message);
  to.integer(3, code);
  to.end(start);
}
