/** What a request says of the trace that it belongs to: W3C Trace Context (https://www.w3.org/TR/trace-context-1/), or B3. */
import { Field } from '../http1/field-names.ts';
import type { Head } from '../http1/head.ts';
import { b3FormsOf, readB3 } from './b3.ts';
import type { B3Forms } from './b3.ts';
import { readTraceState } from './trace-state.ts';

/** What a request says of its trace. */
export interface TraceParent {
  /** 32 lower-case hexadecimal digits; undefined when the sender says only whether to keep the trace. */
  readonly traceId: string | undefined;
  /** The span of the sender: 16 lower-case hexadecimal digits; empty without a trace. */
  readonly spanId: string;
  /** Whether the sender keeps the trace; undefined when it leaves that open. */
  readonly sampled: boolean | undefined;
  /** The value of `tracestate`; empty when there is none. */
  readonly state: string;
  /** The forms of B3 that the sender writes, and so may expect to be passed on. */
  readonly b3: B3Forms;
}

/** Version, trace, parent and flags (§3.2). A version after 00 may have more, after another hyphen. */
const traceParentPattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]([0-9a-f])(-.*)?$/;
const noTrace = '0'.repeat(32);
const noSpan = '0'.repeat(16);

/** Reads the fields about the trace. What is malformed counts as absent; undefined when nothing is left. */
export function readTraceParent(head: Head): TraceParent | undefined {
  if (!head.has(Field.trace)) return undefined;
  const b3 = b3FormsOf(head);
  const parent = readW3c(head) ?? (b3 === 0 ? undefined : readB3(head));
  return parent === undefined ? undefined : { ...parent, b3 };
}

type ReadParent = Omit<TraceParent, 'b3'>;

/** A request with several `traceparent` has none (§3.2.1), and without one `tracestate` means nothing (§3.3). */
function readW3c(head: Head): ReadParent | undefined {
  const match = traceParentPattern.exec(head.only('traceparent') ?? '');
  if (match === null) return undefined;
  const [, version, traceId, spanId, flags, more] = match;
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (traceId === noTrace || spanId === noSpan) return undefined;
  return { traceId, spanId, sampled: (parseInt(flags, 16) & 1) === 1, state: readTraceState(head) };
}
