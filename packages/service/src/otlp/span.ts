/** A finished span, whoever made it: what OTLP calls `Span` (opentelemetry/proto/trace/v1/trace.proto). */
export interface Span {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits. */
  readonly spanId: string;
  /** Absent for the first span of a trace. */
  readonly parentId?: string | undefined;
  /** The parent is in another process. */
  readonly isParentRemote?: boolean | undefined;
  /** The value of the field `tracestate`. */
  readonly traceState?: string | undefined;
  /** The trace flags of W3C: 1 for sampled. */
  readonly flags: number;
  readonly kind: SpanKind;
  readonly name: string;
  /** In milliseconds since 1970, with fractions; a number keeps a quarter of a microsecond of them. */
  readonly start: number;
  readonly end: number;
  readonly attributes: Attributes;
  /** More attributes, as `encodeAttributes` wrote them: those that are known before there is a request. */
  readonly encodedAttributes?: Uint8Array | undefined;
  readonly events?: readonly SpanEvent[] | undefined;
  /** Absent unless the span failed or somebody said that it went well. */
  readonly status?: SpanStatus | undefined;
}

/** Something that happened during a span. */
export interface SpanEvent {
  readonly name: string;
  /** In milliseconds since 1970, with fractions. */
  readonly time: number;
  readonly attributes?: Attributes | undefined;
}

/** How a span ended. */
export interface SpanStatus {
  readonly code: StatusCode;
  readonly message?: string | undefined;
}

/** Attributes by name. Those that are undefined are left out. */
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

/** A whole number is sent as an integer. What is a fraction by its nature says so, so that 1.0 does not change its type. */
export type AttributeValue = string | number | boolean | { readonly double: number };

/** The kinds of spans, by their numbers in OTLP. */
export const spanKinds = { internal: 1, server: 2, client: 3 } as const;
export type SpanKind = (typeof spanKinds)[keyof typeof spanKinds];

/** The codes of a status, by their numbers in OTLP. */
export const statusCodes = { ok: 1, error: 2 } as const;
export type StatusCode = (typeof statusCodes)[keyof typeof statusCodes];
