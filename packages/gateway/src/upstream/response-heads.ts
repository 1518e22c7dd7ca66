import { frameResponse } from '../http1/framing.ts';
import { giveHead, takeHead } from '../http1/head.ts';
import type { Head } from '../http1/head.ts';
import { faultReason, headEnd, parseResponseHead } from '../http1/parse-head.ts';

const maxBytes = 65_536;
const maxFields = 500;

/** Where the head that was read last ends: the offset of the first byte after it. */
export let responseHeadEnd = 0;

/** Reads the heads of a backend's responses, strictly, and keeps one that is incomplete. */
export class ResponseHeads {
  #partial: Buffer | undefined;

  /** Whether the beginning of a head is kept. */
  get hasPartial(): boolean {
    return this.#partial !== undefined;
  }

  /** The partial head with the bytes after it; undefined while its end has not come, unless there is too much. */
  complete(chunk: Buffer, start: number, end: number): Buffer | undefined {
    const partial = this.#partial as Buffer;
    const joined = Buffer.concat([partial, chunk.subarray(start, end)]);
    const mayGrow = joined.length <= maxBytes;
    const isComplete = joined.indexOf('\r\n\r\n', Math.max(0, partial.length - 3), 'latin1') !== -1;
    this.#partial = mayGrow && !isComplete ? joined : undefined;
    return this.#partial === undefined ? joined : undefined;
  }

  /** Reads the head at `start`. Undefined: it is incomplete, and kept. A text: what is wrong with it. */
  read(chunk: Buffer, start: number, end: number): Head | string | undefined {
    const head = takeHead();
    // Nothing beyond the limit is looked at, so that the verdict does not depend on how the bytes arrive.
    const fault = parseResponseHead(head, chunk, start, Math.min(end, start + maxBytes), maxFields);
    responseHeadEnd = headEnd;
    const wrong = fault === undefined ? frameResponse(head)?.reason : fault === 'malformed' ? faultReason : fault;
    if (wrong === undefined) return head;
    giveHead(head);
    if (fault !== 'incomplete') return wrong;
    if (end - start > maxBytes) return 'the response head is too large';
    this.#partial = Buffer.from(chunk.subarray(start, end));
    return undefined;
  }
}
