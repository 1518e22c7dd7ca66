/** Responses that the gateway makes itself. */
import { errorBody, errorCodes } from '@sluice/model/errors';
import type { ErrorCode } from '@sluice/model/errors';
import type { HeaderField } from '../policy/policy.ts';
import type { HeaderEdits } from './header-edits.ts';
import { httpDate } from './http-date.ts';

// An import of node:http loads all of undici, for its WebSocket, in every worker (see worker-imports.test.ts).
const { STATUS_CODES } = process.getBuiltinModule('node:http');

/** A response made by the gateway. */
export interface OwnResponse {
  readonly status: number;
  readonly headers?: readonly HeaderField[];
  readonly contentType?: string;
  readonly body?: string;
}

/** What the text of a response depends on besides the response. */
export interface AnswerContext {
  readonly method: string;
  readonly close: boolean;
  /** Whether the client speaks HTTP/1.0, and so has to be told that the connection stays open. */
  readonly http10: boolean;
  /** Fields to add, each ending in CR LF. */
  readonly added: string;
  /** What the policies of the route change. */
  readonly edits?: HeaderEdits | undefined;
}

/** An error, as the client is told of it. */
export interface ErrorAnswer {
  readonly code: ErrorCode;
  readonly details?: readonly string[];
  readonly headers?: readonly HeaderField[];
  readonly traceId: string;
  /** The client's Accept. */
  readonly accept: string | undefined;
}

/** The response for a gateway error: JSON in the one error shape, or text when the client prefers it. */
export function errorResponse({ code, details = [], headers = [], traceId, accept }: ErrorAnswer): OwnResponse {
  const { status, message } = errorCodes[code];
  const retry: readonly HeaderField[] =
    (status === 503 || status === 429) && !headers.some(([name]) => name === 'Retry-After')
      ? [['Retry-After', '1']]
      : [];
  const common = { status, headers: [...headers, ...retry, ['Cache-Control', 'no-store'] as const] };
  if (prefersText(accept)) {
    const lines = [`${code}: ${message}`, ...details, `trace ${traceId}`];
    return { ...common, contentType: 'text/plain; charset=utf-8', body: `${lines.join('\n')}\n` };
  }
  const body = JSON.stringify(errorBody({ code, message, details, traceId }));
  return { ...common, contentType: 'application/json', body };
}

/** The value of a field of an own response, by its name in lower case. */
export function headerOf(response: OwnResponse, lowerCaseName: string): string | undefined {
  return fieldsOf(response).find(([name]) => name.toLowerCase() === lowerCaseName)?.[1];
}

function fieldsOf({ headers = [], contentType }: OwnResponse): readonly HeaderField[] {
  return contentType === undefined ? headers : [...headers, ['Content-Type', contentType]];
}

/** Writes an own response as latin1 text, ready for the wire. */
export function writeOwnResponse(response: OwnResponse, context: AnswerContext): string {
  const { status, body = '' } = response;
  const bytes = Buffer.from(body, 'utf8');
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`;
  const fields = [...fieldsOf(response), ['Date', httpDate()] as const];
  for (const [name, value] of fields) if (!context.edits?.coversName(name)) text += `${name}: ${value}\r\n`;
  if (status !== 204 && status !== 304) text += `Content-Length: ${bytes.length}\r\n`;
  text += `${context.added}${context.edits?.text ?? ''}`;
  if (context.close) text += 'Connection: close\r\n';
  else if (context.http10) text += 'Connection: keep-alive\r\n';
  text += '\r\n';
  return context.method === 'HEAD' || status === 204 || status === 304 ? text : text + bytes.toString('latin1');
}

/** Whether a client prefers text to JSON (RFC 9110 §12.5.1). The weight decides, then the order; the default is JSON. */
function prefersText(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const ranges = accept.toLowerCase().split(',').map(readRange);
  const text = preference(ranges, /^text\/(\*|plain|html)$/);
  const json = preference(ranges, /^(application\/(\*|json|problem\+json)|\*\/\*)$/);
  return text.weight > json.weight || (text.weight > 0 && text.weight === json.weight && text.index < json.index);
}

interface MediaRange {
  readonly type: string;
  readonly weight: number;
}

function readRange(range: string): MediaRange {
  const [type, ...parameters] = range.split(';').map((part) => part.trim());
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  return { type, weight: quality === undefined ? 1 : Number(quality.slice(2)) || 0 };
}

function preference(ranges: readonly MediaRange[], type: RegExp): { weight: number; index: number } {
  let best = { weight: 0, index: ranges.length };
  ranges.forEach((range, index) => {
    if (type.test(range.type) && range.weight > best.weight) best = { weight: range.weight, index };
  });
  return best;
}
