import type { Json } from '../store/store.ts';
import { largestMessage } from './bus.ts';

/** The text of a message, or the reason why there is none. */
export type EncodedMessage = { readonly text: string } | { readonly problem: string };

/** Turns a message into at most 1 MB of text. Never throws, although types do not exclude cycles and BigInts at run time. */
export function encodeMessage(message: Json): EncodedMessage {
  let text: string | undefined;
  try {
    text = JSON.stringify(message);
  } catch (error) {
    return { problem: error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'no JSON' };
  }
  if (text === undefined) return { problem: 'no JSON' };
  const bytes = Buffer.byteLength(text);
  return bytes > largestMessage ? { problem: `${bytes} bytes, more than ${largestMessage}` } : { text };
}
