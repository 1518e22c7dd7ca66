import { appendAttributes } from './encode-span.ts';
import type { ProtoWriter } from './proto-writer.ts';
import type { Attributes } from './span.ts';

/** The revision of the semantic conventions that our names are from. */
const schemaUrl = 'https://opentelemetry.io/schemas/1.37.0';

/** What every request to a collector begins with. */
export interface ExportSource {
  readonly resource: Attributes;
  readonly version: string;
}

/**
 * A whole request to a collector: chunks with the resource that they are about. An `ExportTraceServiceRequest` of spans and
 * an `ExportMetricsServiceRequest` of metrics have the same fields. It is in the buffer of `writer`, which is emptied first.
 */
export function encodeExport(
  writer: ProtoWriter,
  { resource, version }: ExportSource,
  chunks: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  writer.clear();
  const start = writer.begin(1);
  const resourceStart = writer.begin(1);
  appendAttributes(writer, 1, resource);
  writer.end(resourceStart);
  const scopeStart = writer.begin(2);
  const nameStart = writer.begin(1);
  writer.string(1, 'sluice');
  writer.string(2, version);
  writer.end(nameStart);
  for (const chunk of chunks) writer.raw(chunk);
  writer.end(scopeStart);
  writer.string(3, schemaUrl);
  writer.end(start);
  return writer.written();
}
