import { hideSecrets } from '@sluice/model';

/** One event as it is sent (HTML Standard, section 9.2.6). */
export interface ServerSentEvent {
  /** The number that the client comes back with as Last-Event-ID. */
  readonly id?: number;
  readonly event: string;
  readonly data: unknown;
}

const encoder = new TextEncoder();

/** An event in bytes. JSON has no line breaks, so the data is one line. */
export function encodeEvent({ id, event, data }: ServerSentEvent): Uint8Array {
  const first = id === undefined ? '' : `id: ${id}\n`;
  return encoder.encode(`${first}event: ${event}\ndata: ${JSON.stringify(data, hideSecrets)}\n\n`);
}

/** A comment: tells whoever is between that the connection is in use, and us when it is not any more. */
export const heartbeat = encoder.encode(': still here\n\n');
