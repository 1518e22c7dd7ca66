/** The fields of Zipkin about a trace, in their two forms: https://github.com/openzipkin/b3-propagation. */
import type { Head } from '../http1/head.ts';

/** Which forms a request has: the field `b3` is bit 0, the fields `X-B3-…` are bit 1. */
export type B3Forms = 0 | 1 | 2 | 3;

/** What a request says in either form. */
export interface B3Parent {
  readonly traceId: string | undefined;
  readonly spanId: string;
  readonly sampled: boolean | undefined;
  readonly state: '';
}

/** Trace, span, decision and the parent of the span. */
const singlePattern = /^([0-9a-f]{32}|[0-9a-f]{16})-([0-9a-f]{16})(?:-([01d])(?:-[0-9a-f]{16})?)?$/;
const traceIdPattern = /^(?:[0-9a-f]{32}|[0-9a-f]{16})$/;
const spanIdPattern = /^[0-9a-f]{16}$/;
const zeros = /^0+$/;

/** The forms that a request has, whatever they say. */
export function b3FormsOf(head: Head): B3Forms {
  const single = head.indexOf('b3', 0) === -1 ? 0 : 1;
  const several = severalNames.some((name) => head.indexOf(name, 0) !== -1) ? 2 : 0;
  return (single | several) as B3Forms;
}

/** Reads the single field, or else the several ones. What is malformed counts as absent. */
export function readB3(head: Head): B3Parent | undefined {
  return readSingle(head.only('b3')) ?? readSeveral(head);
}

/** The fields for a backend, each ending in CR LF, in the forms that the request had. */
export function writeB3(forms: B3Forms, ids: WrittenIds): string {
  const { traceId, spanId, parentId, sampled } = ids;
  const decision = sampled ? '1' : '0';
  let text = '';
  if ((forms & 1) !== 0) text += `b3: ${traceId}-${spanId}-${decision}-${parentId}\r\n`;
  if ((forms & 2) !== 0)
    text +=
      `X-B3-TraceId: ${traceId}\r\nX-B3-SpanId: ${spanId}\r\n` +
      `X-B3-ParentSpanId: ${parentId}\r\nX-B3-Sampled: ${decision}\r\n`;
  return text;
}

/** The ids of the span that a backend continues. */
export interface WrittenIds {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly sampled: boolean;
}

const severalNames = ['x-b3-traceid', 'x-b3-sampled', 'x-b3-flags'];

function readSingle(value: string | undefined): B3Parent | undefined {
  if (value === undefined) return undefined;
  if (/^[01d]$/.test(value)) return decisionAlone(value !== '0');
  const [, traceId, spanId, decision] = singlePattern.exec(value) ?? [];
  if (traceId === undefined) return undefined;
  return parentOf(traceId, spanId, decision === undefined ? undefined : decision !== '0');
}

function readSeveral(head: Head): B3Parent | undefined {
  const sampled = readDecision(head);
  const traceId = head.only('x-b3-traceid') ?? '';
  const spanId = head.only('x-b3-spanid') ?? '';
  const parent =
    traceIdPattern.test(traceId) && spanIdPattern.test(spanId) ? parentOf(traceId, spanId, sampled) : undefined;
  return parent ?? (sampled === undefined ? undefined : decisionAlone(sampled));
}

/** `X-B3-Flags: 1` is a trace for debugging, which is kept. Old senders say true and false. */
function readDecision(head: Head): boolean | undefined {
  if (head.only('x-b3-flags') === '1') return true;
  const value = head.only('x-b3-sampled')?.toLowerCase();
  if (value === '1' || value === 'true') return true;
  return value === '0' || value === 'false' ? false : undefined;
}

function decisionAlone(sampled: boolean): B3Parent {
  return { traceId: undefined, spanId: '', sampled, state: '' };
}

function parentOf(traceId: string, spanId: string, sampled: boolean | undefined): B3Parent | undefined {
  if (zeros.test(traceId) || zeros.test(spanId)) return undefined;
  return { traceId: traceId.padStart(32, '0'), spanId, sampled, state: '' };
}
