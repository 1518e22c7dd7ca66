export { encodeAttributes } from './encode-span.ts';
export { OtlpMetrics } from './metric-chunks.ts';
export { MetricPush } from './metric-push.ts';
export type { Attributes, Span, SpanEvent, SpanStatus } from './span.ts';
export { spanKinds, statusCodes } from './span.ts';
export { fullChunk, SpanBuffer } from './span-buffer.ts';
export type { SpanChunk, SpanSink } from './span-buffer.ts';
