import { noReader } from '../wire/wire.ts';
import type { Wire } from '../wire/wire.ts';
import type { ClientPort, PeerPort } from './client-port.ts';
import type { RequestBody } from './request-body.ts';

/** A wire without a peer: nobody gets what is written. */
export const noWire: Wire = {
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

/** The client's side of an exchange without a client. */
export class AbsentClient implements ClientPort {
  readonly wire = noWire;
  readonly pinned = undefined;
  readonly body: RequestBody;
  readonly peer: PeerPort;

  constructor(body: RequestBody, peer: PeerPort) {
    this.body = body;
    this.peer = peer;
  }

  /** Nobody stays logged in. */
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
