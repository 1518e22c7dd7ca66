import { noReader } from '../wire/wire.ts';
import type { Wire } from '../wire/wire.ts';
import type { ClientPort, PeerPort } from './client-port.ts';
import type { Exchange } from './exchange.ts';
import { RequestBody } from './request-body.ts';

/** A wire without a peer: nobody gets the answer to a mirrored request. */
const noWire: Wire = {
  reader: noReader,
  destroyed: true,
  writeFailed: false,
  truncated: false,
  borrows: false,
  remoteAddress: '',
  secure: false,
  full: false,
  pendingBytes: 0,
  exclusive: false,
  writeText: () => true,
  writeBytes: () => true,
  pause() {},
  resume() {},
  readExclusively() {},
  finish() {},
  destroy() {},
  reset() {},
};

/**
 * The client's side of a mirrored request. Nobody is there, and the whole request has come. The backend is told the same
 * about the client as with the original request; it is noted at the end of the exchange, before the client goes on.
 */
export class MirrorClient implements ClientPort {
  readonly wire = noWire;
  readonly body: RequestBody;
  readonly peer: PeerPort;

  /** `body` is the whole body as it is framed (latin1). */
  constructor(original: Exchange, body: string) {
    const { client, seenClient, requestId } = original;
    const fields = client.peer.forwardedFields(original);
    this.body = new RequestBody(body);
    // With the same id, both answers are found in the logs of the backends.
    this.peer = {
      isTrustedProxy: client.peer.isTrustedProxy,
      // The original request has proved who sent it.
      clientCertificate: () => undefined,
      seenClient: () => seenClient,
      forwardedFields: () => fields,
      requestId: () => requestId,
    };
  }

  readonly pinned = undefined;

  /** A mirrored login logs nobody in. */
  pin(): boolean {
    return false;
  }

  holdBack(): void {}
  wantBody(): void {}
  stopBody(): void {}
  exchangeEnded(): void {}
  becomeTunnel(): void {}
  tunnelUsed(): void {}
}
