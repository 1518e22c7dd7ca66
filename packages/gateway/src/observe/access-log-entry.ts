/** An entry of the access log about one exchange. Most strings come from clients and cannot be trusted. */
export interface AccessLogEntry {
  readonly method: string;
  readonly path: string;
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
}

/** A text longer than this many characters is cut. */
const longestText = 1000;
/** The longest text in a line that would otherwise be too long. */
const shortText = 40;

const escapeWorthy = /[\u007f-\u009f\u2028\u2029]/;

/**
 * One line of JSON, with its line feed, of at most `longestLine` bytes: a line that would be longer has its texts cut.
 * Besides what JSON demands, every control character and line separator is escaped, so that neither terminals nor tools
 * that split lines can be fooled.
 */
export function renderEntry(entry: AccessLogEntry, time: Date, longestLine: number): string {
  const line = render(entry, time, longestText);
  return Buffer.byteLength(line) <= longestLine ? line : render(entry, time, shortText);
}

// perf: put together by hand; with a replacer function for JSON.stringify a line costs half as much again (`access-log.bench.ts`).
function render(entry: AccessLogEntry, time: Date, longest: number): string {
  const { status, durationMs, bytesSent, attempts, revision } = entry;
  const text = (name: string, value: string | undefined): string =>
    value === undefined ? '' : `,"${name}":${quote(value, longest)}`;
  return (
    `{"time":"${time.toISOString()}"${text('method', entry.method)}${text('path', entry.path)}` +
    `${text('host', entry.host)},"status":${status}${text('error', entry.error)}${text('reason', entry.reason)}` +
    `${text('route', entry.route)}${text('backend', entry.backend)}${text('version', entry.version)}` +
    `${text('deployment', entry.deployment)}${text('authentication', entry.authentication)}` +
    `${text('consumer', entry.consumer)}${text('subject', entry.subject)}${text('tier', entry.tier)},"durationMs":${Math.round(durationMs * 1000) / 1000},"bytesSent":${bytesSent}` +
    `,"attempts":${attempts}${text('client', entry.client)}${text('requestId', entry.requestId)}` +
    `${text('traceId', entry.traceId)},"revision":${revision}}\n`
  );
}

/** JSON itself escapes only the controls below U+0020. */
function quote(value: string, longest: number): string {
  const json = JSON.stringify(value.length > longest ? `${value.slice(0, longest)}…` : value);
  return escapeWorthy.test(json) ? json.replaceAll(new RegExp(escapeWorthy, 'g'), escapeCode) : json;
}

function escapeCode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
