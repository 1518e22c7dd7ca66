import { codeOf } from '../../caught-error.ts';
import { bytesOf, integerOf } from './proto-reader.ts';
import type { SendOutcome } from './sender.ts';

/** An answer of a collector is short; no more of it is read. */
export const longestAnswer = 64 * 1024;
const longestReason = 200;

/** Reads an `ExportTraceServiceResponse` or an `ExportMetricsServiceResponse`: how much of what was sent was not taken. */
export function acceptedOutcome(answer: Uint8Array): SendOutcome {
  const partial = bytesOf(answer, 1);
  if (partial === undefined) return { kind: 'accepted', rejected: 0, reason: '' };
  const message = bytesOf(partial, 2);
  const reason = message === undefined ? '' : oneLine(Buffer.from(message).toString('utf8'));
  return { kind: 'accepted', rejected: integerOf(partial, 1), reason };
}

/** A text from a collector, for a log line. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').slice(0, longestReason);
}

/** Why there is no answer. The log line has the address. */
export function failureOf(error: unknown): string {
  const code = codeOf(error);
  return code === undefined ? 'the connection failed' : `the connection failed (${code})`;
}
