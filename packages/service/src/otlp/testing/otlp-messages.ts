import protobuf from 'protobufjs';
import type { AttributeValue, Span } from '../span.ts';

/** The messages of OTLP 1.x, as far as we write or read them, for a decoder that is not ours. */
const definitions = `
  syntax = "proto3";
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
  message Resource { repeated KeyValue attributes = 1; }
  message Scope { string name = 1; string version = 2; }
  message Status { string message = 2; int32 code = 3; }
  message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
    fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
    repeated Event events = 11; Status status = 15; fixed32 flags = 16;
  }
  message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
  message TraceRequest { repeated ResourceSpans resource_spans = 1; }
  message Exemplar {
    fixed64 time_unix_nano = 2; double as_double = 3; bytes span_id = 4; bytes trace_id = 5; repeated KeyValue filtered_attributes = 7;
  }
  message NumberPoint {
    fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; double as_double = 4; repeated Exemplar exemplars = 5;
    sfixed64 as_int = 6; repeated KeyValue attributes = 7;
  }
  message HistogramPoint {
    fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4; optional double sum = 5;
    repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7; repeated Exemplar exemplars = 8;
    repeated KeyValue attributes = 9;
  }
  message Gauge { repeated NumberPoint data_points = 1; }
  message Sum { repeated NumberPoint data_points = 1; int32 aggregation_temporality = 2; bool is_monotonic = 3; }
  message Histogram { repeated HistogramPoint data_points = 1; int32 aggregation_temporality = 2; }
  message Metric {
    string name = 1; string description = 2; string unit = 3;
    oneof data { Gauge gauge = 5; Sum sum = 7; Histogram histogram = 9; }
  }
  message ScopeMetrics { Scope scope = 1; repeated Metric metrics = 2; }
  message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; string schema_url = 3; }
  message MetricsRequest { repeated ResourceMetrics resource_metrics = 1; }
`;

const { root } = protobuf.parse(definitions);

export type OtlpMessage = 'ScopeSpans' | 'TraceRequest' | 'ScopeMetrics' | 'MetricsRequest';

/** What a decoder of protobuf reads in these bytes, as plain data: 64-bit integers are texts, bytes hexadecimal digits. */
export function decodeOtlp(message: OtlpMessage, bytes: Uint8Array): unknown {
  const type = root.lookupType(message);
  return plain(type.toObject(type.decode(bytes), { longs: String }));
}

/** The span with all of its attributes as values, also those that it has as they are sent. */
export function withAllAttributes({ encodedAttributes, attributes, ...span }: Span): Span {
  if (encodedAttributes === undefined) return { ...span, attributes };
  const type = root.lookupType('Span');
  const decoded = type.toObject(type.decode(encodedAttributes), { longs: Number }) as {
    readonly attributes?: readonly { readonly key: string; readonly value: Readonly<Record<string, AttributeValue>> }[];
  };
  const entries = (decoded.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]] as const);
  return { ...span, attributes: { ...Object.fromEntries(entries), ...attributes } };
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
}
