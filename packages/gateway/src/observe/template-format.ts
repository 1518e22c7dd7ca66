import { parseLogTemplate } from '@sluice/model/log-template';
import type { LogPlaceholder, LogTemplatePart } from '@sluice/model/log-template';
import { shownMs } from './access-log-entry.ts';
import type { AccessLogEntry } from './access-log-entry.ts';
import type { LineFormat } from './line-format.ts';
import { isoTime } from './time-text.ts';

/** A piece of a line, compiled: its fixed text, and the value after it. */
type Piece = (entry: AccessLogEntry, at: number, longest: number) => string;

/** Compiles a template. Throws a SyntaxError for one that cannot be read. */
export function templateFormat(template: string, showsQuery = false): LineFormat {
  const parts = parseLogTemplate(template);
  const headers = [...new Set(parts.flatMap((part) => ('header' in part ? [part.header] : [])))];
  const pieces = compile(parts, headers);
  return {
    showsQuery:
      showsQuery || parts.some((part) => 'field' in part && (part.field === 'query' || part.field === 'target')),
    headers,
    render(entry, at, longest) {
      let line = '';
      for (const piece of pieces) line += piece(entry, at, longest);
      return `${line}\n`;
    },
    dropped: (at, entries) => `# ${isoTime(at)} ${entries} entries were dropped\n`,
  };
}

function compile(parts: readonly LogTemplatePart[], headers: readonly string[]): Piece[] {
  let quotes = 0;
  return parts.map((part, index) => {
    if ('text' in part) {
      quotes += part.text.split('"').length - 1;
      return () => part.text;
    }
    if ('field' in part && ownFields.has(part.field)) return (entry, at) => fields[part.field](entry, at) ?? '-';
    const next = parts[index + 1];
    const end = next !== undefined && 'text' in next ? next.text[0] : '';
    const escapeWorthy = worthEscaping(end, quotes % 2 === 1);
    const value = 'field' in part ? fields[part.field] : headerAt(headers.indexOf(part.header));
    return (entry, at, longest) => shown(value(entry, at), longest, escapeWorthy);
  });
}

/** What could end a value too early: outside of quotes also every white space, as most tools part fields by it. */
function worthEscaping(end: string, isQuoted: boolean): RegExp {
  const marks = `"\\\\${end.replace(/[\]^\\-]/, String.raw`\$&`)}${isQuoted ? '' : String.raw`\s`}`;
  return new RegExp(String.raw`[\p{Cc}\p{Cs}\p{Zl}\p{Zp}${marks}]`, 'gu');
}

function shown(value: string | undefined, longest: number, escapeWorthy: RegExp): string {
  if (value === undefined || value === '') return '-';
  const text = value.length > longest ? `${value.slice(0, longest)}…` : value;
  return text.replaceAll(escapeWorthy, escapeCode);
}

function escapeCode(character: string): string {
  const code = character.charCodeAt(0).toString(16).toUpperCase();
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
}

/** Written by the gateway itself: no client decides what they hold. */
const ownFields: ReadonlySet<LogPlaceholder> = new Set<LogPlaceholder>([
  'time',
  'localTime',
  'status',
  'bytesSent',
  'durationMs',
  'attempts',
  'revision',
]);

type ValueOf = (entry: AccessLogEntry, at: number) => string | undefined;

function headerAt(index: number): ValueOf {
  return ({ headers }) => headers?.[index];
}

const fields: Readonly<Record<LogPlaceholder, ValueOf>> = {
  time: (_entry, at) => isoTime(at),
  localTime: (_entry, at) => commonTime(isoTime(at)),
  client: ({ client }) => client,
  user: ({ consumer, subject }) => consumer ?? subject,
  method: ({ method }) => method,
  path: ({ path }) => path,
  query: ({ query }) => query,
  target: ({ path, query }) => (query === undefined || query === '' ? path : `${path}?${query}`),
  protocol: ({ protocol }) => protocol,
  host: ({ host }) => host,
  status: ({ status }) => String(status),
  bytesSent: ({ bytesSent }) => String(bytesSent),
  durationMs: ({ durationMs }) => String(shownMs(durationMs)),
  route: ({ route }) => route,
  backend: ({ backend }) => backend,
  attempts: ({ attempts }) => String(attempts),
  error: ({ error }) => error,
  reason: ({ reason }) => reason,
  version: ({ version }) => version,
  deployment: ({ deployment }) => deployment,
  authentication: ({ authentication }) => authentication,
  consumer: ({ consumer }) => consumer,
  subject: ({ subject }) => subject,
  tier: ({ tier }) => tier,
  requestId: ({ requestId }) => requestId,
  traceId: ({ traceId }) => traceId,
  revision: ({ revision }) => String(revision),
};

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The time of the common log format, in UTC: `10/Oct/2000:13:55:36 +0000`. */
function commonTime(iso: string): string {
  return `${iso.slice(8, 10)}/${months[Number(iso.slice(5, 7)) - 1]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}
