import { joinLimit } from './wire.ts';
import type { Wire } from './wire.ts';

/**
 * Passes body bytes from one wire to another. False: the sink is full; the caller pauses the source until the sink has
 * drained. Nothing is re-encoded, and memory stays flat: at most one read buffer per direction waits.
 */
export function relayBytes(source: Wire, sink: Wire, chunk: Buffer, start: number, end: number): boolean {
  if (source.exclusive) return sink.writeBytes(chunk, start, end);
  const size = end - start;
  if (size <= joinLimit) return sink.writeText(chunk.toString('latin1', start, end));
  // A large body begins: from the next read on, its bytes are passed on without this copy.
  source.readExclusively(true);
  return sink.writeBytes(Buffer.from(chunk.subarray(start, end)), 0, size);
}
