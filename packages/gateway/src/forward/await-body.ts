import { Timed } from '../wire/deadlines.ts';
import { joinLimit } from '../wire/wire.ts';
import type { Cancellable } from '../wire/wire.ts';
import type { Exchange } from './exchange.ts';
import { forward } from './forward.ts';
import type { RequestBody } from './request-body.ts';

/**
 * How long a request waits for its body. If the body takes longer, the client may be waiting for the backend: the body is
 * a stream, or an upload that the backend refuses by its head. Then the request is forwarded as it is, unless such uploads
 * already hold half of the connections.
 */
const usualMs = 100;
/** How long to wait again while they do. */
const againMs = 500;

/**
 * Forwards an exchange once a useful part of its body has come: all of it, or what fits into one write with the head. So a
 * client that sends slowly takes no connection to a backend from others.
 */
export function forwardWithBody(exchange: Exchange): void {
  const { body } = exchange.client;
  // The backend has to say first that it wants the body (docs/decisions/0005-expect-100-continue.md).
  const awaitsContinue = body.expectsContinue && body.held === '';
  if (awaitsContinue || isUseful(body)) forward(exchange);
  else new BodyWait(exchange).begin();
}

function isUseful({ done, held }: RequestBody): boolean {
  return done || held.length >= joinLimit;
}

/** Waits for the useful part of a body. */
class BodyWait extends Timed implements Cancellable {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    super();
    this.#exchange = exchange;
  }

  begin(): void {
    const { body } = this.#exchange.client;
    this.#exchange.waitFor(this);
    this.#exchange.awaitPeer();
    this.#exchange.trace?.beginWait('requestBody');
    body.whenHeld(() => {
      if (isUseful(body)) this.#go();
    });
    this.#wait(usualMs);
  }

  cancel(): void {
    this.#exchange.client.body.whenHeld(undefined);
    this.#exchange.worker.deadlines.remove(this);
  }

  onDeadline(): void {
    const exchange = this.#exchange;
    if (exchange.route?.backends.some(({ pool }) => pool.fullOfUploads)) return this.#wait(againMs);
    this.#go();
    if (!exchange.ended && exchange.backend !== undefined) exchange.onEnd(exchange.backend.pool.earlyUpload());
  }

  #wait(ms: number): void {
    const { deadlines } = this.#exchange.worker;
    deadlines.set(this, deadlines.now + ms);
  }

  #go(): void {
    this.cancel();
    this.#exchange.waitFor(undefined);
    this.#exchange.peerCame();
    this.#exchange.trace?.endStep(0, '');
    forward(this.#exchange);
  }
}
