/** What OTLP sends apart from each other. */
export type OtlpSignal = 'traces' | 'metrics';

/** Where OTLP is sent. */
export interface OtlpEndpoint {
  /** The address of a collector, to which HTTP adds `/v1/traces` or `/v1/metrics`. */
  readonly url: string;
  readonly protocol: 'http/protobuf' | 'grpc';
  /** Sent with every request, such as the token that the collector wants. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly compression?: 'none' | 'gzip' | undefined;
}

/** What became of a request. */
export type SendOutcome =
  /** The collector took it, but for so many items. */
  | { readonly kind: 'accepted'; readonly rejected: number; readonly reason: string }
  /** It may be sent again, once so many milliseconds are over. */
  | { readonly kind: 'later'; readonly reason: string; readonly afterMs?: number | undefined }
  /** It would be refused again. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Sends requests to one collector. */
export interface OtlpSender {
  /** Never rejects. Ends early when the signal is aborted. */
  send(body: Uint8Array, signal: AbortSignal): Promise<SendOutcome>;
  close(): void;
}

/** Header fields by their names in lower case, so that a configured one never stands beside one of ours. */
export function lowerCase(headers: OtlpEndpoint['headers'] = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
