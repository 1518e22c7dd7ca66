import { hideSecrets } from '@sluice/model';

/** One event as it is sent (HTML Standard, section 9.2.6). */
export interface ServerSentEvent {
  /** The number that the client sends as Last-Event-ID when it reconnects. */
  readonly id?: number;
  readonly event: string;
  readonly data: unknown;
}

const encoder = new TextEncoder();

/** The bytes of an event. JSON has no line breaks, so the data is one line. */
export function encodeEvent({ id, event, data }: ServerSentEvent): Uint8Array {
  const first = id === undefined ? '' : `id: ${id}\n`;
  return encoder.encode(`${first}event: ${event}\ndata: ${JSON.stringify(data, hideSecrets)}\n\n`);
}

/** A comment that keeps proxies from closing the connection, and shows whether the client is still there. */
export const heartbeat = encoder.encode(': still here\n\n');
