import { Timed } from '../wire/deadlines.ts';
import type { Wire } from '../wire/wire.ts';
import type { Connector } from './connector.ts';
import type { Cancellable } from '../wire/wire.ts';
import type { Failure } from './retry.ts';

/** A connection being opened. */
export class Connecting extends Timed {
  readonly #failed: (failure: Failure) => void;
  #attempt: Cancellable | undefined;

  constructor(failed: (failure: Failure) => void) {
    super();
    this.#failed = failed;
  }

  start(connect: Connector['connect'], connected: (wire: Wire, address: string) => void): void {
    this.#attempt = connect((wire, error, address = '') => {
      if (wire !== undefined) connected(wire, address);
      else this.#failed({ code: 'BAD_GATEWAY', stage: 'not-sent', reason: `connecting failed: ${error ?? 'unknown'}` });
    });
  }

  cancel(): void {
    this.#attempt?.cancel();
    this.#failed({ code: 'BAD_GATEWAY', stage: 'not-sent', reason: 'connecting was abandoned' });
  }

  onDeadline(): void {
    this.#attempt?.cancel();
    this.#failed({ code: 'GATEWAY_TIMEOUT', stage: 'not-sent', reason: 'connecting took too long' });
  }
}
