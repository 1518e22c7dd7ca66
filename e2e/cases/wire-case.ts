import type { OriginStep } from '../kit/index.ts';

/** What the client does, step by step: bytes to send, or one of these. */
export type Piece =
  | string
  | { wait: number }
  /** Wait until the client has received this text. */
  | { seen: string }
  /** Wait until the origin has received a request that contains this text. */
  | { forwarded: string }
  /** Wait until the gateway has no connection to the origin. */
  | { left: 'origin' }
  /** Send this on a connection of its own and expect 200. */
  | { beside: string }
  /** Leave: with FIN or with RST. The case ends for the client. */
  | { end: 'close' | 'reset' };

/** What the origin does: the steps of any origin, and one more. */
export type CaseStep =
  | OriginStep
  /** Wait until the client has received this text. */
  | { seen: string };

/** Expected field values: exact text, a `/pattern/`, or a list of exact values of repeated fields. */
export type FieldValues = Record<string, string | string[]>;

/** What is expected of a head, whichever side received it. */
export interface ExpectedHead {
  line?: string;
  headers?: FieldValues;
  /** Field values after joining repeated fields with `, `. */
  list?: Record<string, string>;
  /** Field values as an unordered comma-separated list. */
  set?: Record<string, string>;
  absent?: string[];
  /** Field lines that appear exactly so, in this order. */
  lines?: string[];
  /** Text that appears nowhere in the head: five characters at least, so that a random request id does not contain it by chance. */
  nowhere?: string[];
  body?: string;
  framing?: string;
  trailers?: string[];
}

/** What is expected of one response. */
export interface ExpectedAnswer extends ExpectedHead {
  status?: number | number[];
  /** The code of a gateway error; the whole shape of the error is checked. */
  error?: string | string[];
  bodyContains?: string;
  bodyLength?: number;
  interim?: number[];
  /** All lines of the interim responses, start lines included. */
  interimLines?: string[];
  /** Text that appears in no interim response. */
  interimNowhere?: string[];
  /** The response is cut off, so that nobody takes it for complete. */
  truncated?: boolean;
  /** Milliseconds of the processor that the gateway takes from the first byte sent to the end of the answer, at most. */
  within?: number;
}

/** One exchange on the wire as data; see the README beside the cases. */
export interface WireCase {
  name: string;
  /** The RFC section, the CVE or the foreign test case that it comes from. */
  reference: string;
  /** Merged over `config.yaml`: settings, or `other` for those of `other-config.yaml`. */
  config?: object | string;
  /** Runs the case once for each value, which replaces `{{each}}`; of pairs the second replaces `{{becomes}}`. */
  each?: unknown;
  /** The lines of a request head; without it and `send`, a plain GET. */
  request?: string;
  /** What follows the head given by `request`. */
  body?: string;
  /** Exact bytes, or steps. */
  send?: Piece | Piece[];
  /** The methods of the requests in `send`, when one of them is HEAD. */
  methods?: string[];
  /** What the origin does with each request; `each`: one script after the other. */
  origin?: CaseStep | CaseStep[] | { each: CaseStep[][] };
  /** Short for: this error (or one of these), the connection closed, nothing forwarded. */
  refused?: string | string[];
  answer?: 'nothing' | ExpectedAnswer | ExpectedAnswer[];
  /** Whether the connection is closed after the answer; `false` is proved by one more request. */
  closed?: boolean;
  /** What comes after the answer until the connection is closed. */
  rest?: string;
  /** What the origin has received: nothing, no complete request, this one, or exactly these. */
  forwarded?: 'nothing' | 'incomplete' | (ExpectedHead & { absentLine?: string }) | ExpectedHead[];
  /** How many connections the origin saw, counting the one of the proof that `closed: false`. */
  originConnections?: number;
  /** The gateway ends its connection to the origin on its own. */
  originAborted?: boolean;
}

const keys = new Set(
  'name reference config each request body send methods origin refused answer closed rest forwarded originConnections originAborted'.split(
    ' ',
  ),
);

/** The concrete cases behind what a file holds; refuses fields that mean nothing, which would check nothing. */
export function expandCases(raw: readonly WireCase[]): WireCase[] {
  return raw.flatMap((one) => {
    const unknown = Object.keys(one).filter((key) => !keys.has(key));
    if (unknown.length > 0) throw new Error(`case "${one.name}": unknown ${unknown.join(', ')}`);
    if (!one.name || !one.reference) throw new Error(`a case needs a name and a reference: ${JSON.stringify(one)}`);
    if (!('refused' in one || 'answer' in one || 'forwarded' in one || 'originAborted' in one)) {
      throw new Error(`case "${one.name}" expects nothing`);
    }
    return variantsOf(one).map(([each, becomes]) => {
      const name = each === undefined ? one.name : `${one.name}: ${JSON.stringify(each).slice(0, 90)}`;
      return { ...replace(one, { each, becomes }), name };
    });
  });
}

/** Replaces `{{name}}` by `values.name` everywhere in `value`, in keys too. A text that is nothing else takes any value. */
export function replace<T>(value: T, values: Record<string, unknown>): T {
  const visit = (part: unknown): unknown => {
    if (typeof part === 'string') return replaceIn(part, values);
    if (Array.isArray(part)) return part.map(visit);
    if (part === null || typeof part !== 'object') return part;
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [String(visit(key)), visit(inner)]));
  };
  return visit(value) as T;
}

/** `{{text*N}}` becomes N times the text. */
export function unfold(text: string): string {
  return text.replace(/\{\{([^]*?)\*(\d+)\}\}/g, (_, part: string, times: string) => part.repeat(Number(times)));
}

function variantsOf({ each }: WireCase): [unknown, unknown][] {
  if (each === undefined) return [[undefined, undefined]];
  if (Array.isArray(each)) return each.map((value: unknown) => [asText(value), undefined]);
  return Object.entries(each as object).map(([value, becomes]) => [value, asText(becomes)]);
}

/** Numbers are text on the wire. */
function asText(value: unknown): unknown {
  return typeof value === 'number' ? String(value) : value;
}

function replaceIn(text: string, values: Record<string, unknown>): unknown {
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && text === `{{${name}}}`) return value;
  }
  return Object.entries(values).reduce(
    (result, [name, value]) =>
      typeof value === 'string' ? result.replaceAll(`{{${name}}}`, value.replaceAll('$', '$$$$')) : result,
    text,
  );
}
