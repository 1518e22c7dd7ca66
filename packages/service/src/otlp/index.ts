export { appendAttributes, encodeAttributes, encodeSpan } from './encode-span.ts';
export { encodeExport } from './encode-export.ts';
export { ProtoWriter } from './proto-writer.ts';
export type { Attributes, AttributeValue, Span, SpanEvent, SpanKind, SpanStatus, StatusCode } from './span.ts';
export { spanKinds, statusCodes } from './span.ts';
export { fullChunk, SpanBuffer } from './span-buffer.ts';
export type { SpanChunk, SpanSink } from './span-buffer.ts';
