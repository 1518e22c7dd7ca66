import { BodyTracker } from '../http1/body-tracker.ts';
import { noReader } from '../wire/wire.ts';
import type { Wire } from '../wire/wire.ts';
import type { ClientPort, Exchange } from './exchange.ts';
import type { SeenClient, ToldClient } from './forwarded-chain.ts';

/** A wire without a peer: a copy of a request has nobody to answer to. */
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
 * The client's side of a copied request: nobody, who has sent everything already. What the backend is told about the
 * client is what it was told the first time, and is noted at the end of the exchange, before the client goes on.
 */
export class MirrorClient implements ClientPort {
  readonly wire = noWire;
  /** Done from the beginning: the body is sent along with the head. */
  readonly body = new BodyTracker();
  readonly #seenClient: SeenClient | ToldClient;
  readonly #fields: string;
  readonly #requestId: string;

  constructor(original: Exchange) {
    this.#seenClient = original.seenClient;
    this.#fields = original.client.forwardedFields(original);
    this.#requestId = original.requestId;
  }

  seenClient(): SeenClient | ToldClient {
    return this.#seenClient;
  }

  forwardedFields(): string {
    return this.#fields;
  }

  /** The same id, so that both answers are found by it in the logs of the backends. */
  trustedRequestId(): string {
    return this.#requestId;
  }

  readonly own = undefined;

  /** A copy of a login is nobody's login. */
  keep(): boolean {
    return false;
  }

  holdBack(): void {}
  wantBody(): void {}
  stopBody(): void {}
  exchangeEnded(): void {}
  becomeTunnel(): void {}
  tunnelUsed(): void {}
}
