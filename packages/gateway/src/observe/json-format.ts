import { shownMs } from './access-log-entry.ts';
import type { AccessLogEntry } from './access-log-entry.ts';
import type { LineFormat } from './line-format.ts';
import { isoTime } from './time-text.ts';

const plain = /^[ !#-[\]-~]*$/;
/** JSON itself escapes only the controls below U+0020. */
const escapeWorthy = /[\u007f-\u009f\u2028\u2029]/;

/**
 * Lines of JSON. Besides what JSON demands, every control character and line separator is escaped, so that neither terminals
 * nor tools that split lines can be fooled.
 */
export function jsonFormat(showsQuery: boolean): LineFormat {
  return {
    showsQuery,
    headers: [],
    render,
    dropped: (at, entries) => `${JSON.stringify({ time: isoTime(at), droppedEntries: entries })}\n`,
  };
}

// perf: put together by hand; with a replacer function for JSON.stringify a line costs half as much again (`access-log.bench.ts`).
function render(entry: AccessLogEntry, at: number, longest: number): string {
  const { status, durationMs, bytesSent, attempts, revision } = entry;
  const text = (name: string, value: string | undefined): string =>
    value === undefined ? '' : `,"${name}":${quote(value, longest)}`;
  return (
    `{"time":"${isoTime(at)}"${text('method', entry.method)}${text('path', entry.path)}` +
    `${text('query', entry.query)}${text('host', entry.host)},"status":${status}${text('error', entry.error)}` +
    `${text('reason', entry.reason)}${text('route', entry.route)}${text('backend', entry.backend)}` +
    `${text('version', entry.version)}${text('deployment', entry.deployment)}` +
    `${text('authentication', entry.authentication)}${text('consumer', entry.consumer)}` +
    `${text('subject', entry.subject)}${text('tier', entry.tier)},"durationMs":${shownMs(durationMs)}` +
    `,"bytesSent":${bytesSent},"attempts":${attempts}${text('client', entry.client)}` +
    `${text('requestId', entry.requestId)}${text('traceId', entry.traceId)},"revision":${revision}}\n`
  );
}

function quote(value: string, longest: number): string {
  // perf: nearly all texts stand for themselves (`access-log.bench.ts`).
  if (value.length <= longest && plain.test(value)) return `"${value}"`;
  const json = JSON.stringify(value.length > longest ? `${value.slice(0, longest)}…` : value);
  return escapeWorthy.test(json) ? json.replaceAll(new RegExp(escapeWorthy, 'g'), escapeCode) : json;
}

function escapeCode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
