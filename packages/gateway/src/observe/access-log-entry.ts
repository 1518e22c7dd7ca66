/** An entry of the access log about one exchange, without secrets. Most strings come from clients and cannot be trusted. */
export interface AccessLogEntry {
  readonly method: string;
  readonly path: string;
  /** Without its question mark; undefined unless it is to be shown. */
  readonly query?: string | undefined;
  readonly protocol: string;
  readonly host: string;
  readonly status: number;
  /** Code of the gateway error that was answered. */
  readonly error?: string | undefined;
  /** What exactly failed, such as `connecting failed: ECONNREFUSED`; clients are not told. */
  readonly reason?: string | undefined;
  readonly route?: string | undefined;
  readonly backend?: string | undefined;
  /** Which version of the route answered, while a deployment divides its traffic. */
  readonly version?: 'stable' | 'candidate' | undefined;
  /** The deployment that does. */
  readonly deployment?: string | undefined;
  /** The method of authentication by which the sender was found out. */
  readonly authentication?: string | undefined;
  readonly consumer?: string | undefined;
  /** Who sent it in the words of the method, if that is no consumer. */
  readonly subject?: string | undefined;
  readonly tier?: string | undefined;
  readonly durationMs: number;
  readonly bytesSent: number;
  readonly attempts: number;
  readonly client: string;
  readonly requestId: string;
  readonly traceId?: string | undefined;
  readonly revision: number;
  /** The headers of the request that the format shows, in its order. */
  readonly headers?: readonly (string | undefined)[] | undefined;
}

/** Milliseconds as they are shown, to the microsecond. */
export function shownMs(durationMs: number): number {
  return Math.round(durationMs * 1000) / 1000;
}
