import type { Json } from '../store/store.ts';
import { largestMessage } from './bus.ts';

/** A message as text, or why it cannot be one. */
export type EncodedMessage = { readonly text: string } | { readonly problem: string };

/** Turns a message into text of at most 1 MB. Never throws: types do not keep a cycle or a BigInt out at run time. */
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
