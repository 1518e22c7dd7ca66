import type { Json } from '../store/store.ts';
import { largestMessage } from './bus.ts';

/** What travels over Redis: a message, and which bus sent it, so that a bus knows its own messages again. */
export interface Envelope {
  readonly from: string;
  readonly message: Json;
}

/** More than what an envelope adds to its message. */
const envelopeSize = 100;

/** Puts the text of a message into the text of an envelope. */
export function encodeEnvelope(from: string, text: string): string {
  return `{"from":${JSON.stringify(from)},"message":${text}}`;
}

/** Reads an envelope; undefined when it is none, as anybody may publish anything. */
export function decodeEnvelope(text: string): Envelope | undefined {
  if (text.length > largestMessage + envelopeSize) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isEnvelope(value) ? value : undefined;
}

function isEnvelope(value: unknown): value is Envelope {
  if (typeof value !== 'object' || value === null) return false;
  return 'from' in value && typeof value.from === 'string' && 'message' in value;
}
