import { errorBody } from '@sluice/model/errors';
import { ControlError } from '@sluice/model';
import type { NodeConnection } from '@sluice/model';
import { messageOf } from '@sluice/service';
import type { Logger, ManagementHandler } from '@sluice/service';
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { ControlPlane } from './control-plane.ts';

/** How a control plane is opened. */
export interface ControlSessionOptions {
  readonly open: () => Promise<ControlPlane>;
  /** Whether an error of `open` may pass: the store is away. */
  readonly isPassing: (error: unknown) => boolean;
  /** Called once, when it is open. */
  readonly onOpen: (plane: ControlPlane) => Promise<void>;
  readonly log: Logger;
  /** Milliseconds between two attempts. */
  readonly retryMs?: number;
}

/** A control plane that may not be there yet: while its store is away, the process tries again and serves what it can. */
export class ControlSession {
  readonly #options: ControlSessionOptions;
  readonly #closing = new AbortController();
  readonly #opening: Promise<void>;
  readonly #first = Promise.withResolvers<void>();
  #plane: ControlPlane | undefined;
  #isOpen = false;

  constructor(options: ControlSessionOptions) {
    this.#options = options;
    this.#opening = this.#open();
    // A failure is told by `firstAttempt`, which every caller waits for.
    this.#opening.catch(() => {});
  }

  get plane(): ControlPlane | undefined {
    return this.#plane;
  }

  /** Resolves when it is open or the store is known to be away. Rejects with an error that does not pass by itself. */
  firstAttempt(): Promise<void> {
    return this.#first.promise;
  }

  readonly handler: ManagementHandler = (request, response) => {
    // Nobody changes routes before `onOpen` has decided who manages them.
    if (this.#plane !== undefined && this.#isOpen) return this.#plane.handler(request, response);
    const message = 'The store cannot be reached yet.';
    const error = errorBody({ code: 'SERVICE_UNAVAILABLE', message, details: [], traceId: randomUUID() });
    const body = JSON.stringify(error);
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'retry-after': '2',
    };
    response.writeHead(503, headers).end(`${body}\n`);
  };

  /** The connection for the node of this process. */
  readonly connection: NodeConnection = {
    changes: (request) => this.#connection().changes(request),
    consumers: (question) => this.#connection().consumers(question),
    consumerPage: (nodeId, from, signal) => this.#connection().consumerPage(nodeId, from, signal),
    report: (report) => this.#connection().report(report),
    close: () => Promise.resolve(),
  };

  /** May be called again. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#opening.catch(() => {});
    await this.#plane?.close();
  }

  #connection(): NodeConnection {
    if (this.#plane === undefined) throw new ControlError('unavailable', 'the store cannot be reached yet');
    return this.#plane.connection;
  }

  async #open(): Promise<void> {
    const { isPassing, log, retryMs = 2_000 } = this.#options;
    let told: string | undefined;
    for (let attempt = 1; !this.#closing.signal.aborted; attempt++) {
      try {
        await this.#attempt();
        if (attempt > 1) log.info('the store is reachable; the management API is open', { attempt });
        return this.#first.resolve();
      } catch (error) {
        // At the start the error is told to the caller. Later the process already serves, and the cause can still be fixed.
        if (attempt === 1 && !isPassing(error)) return this.#first.reject(error);
        const reason = messageOf(error);
        const what = isPassing(error) ? 'the store cannot be reached' : 'the control plane cannot be opened';
        if (reason !== told) log.error(`${what}; retrying`, { reason });
        told = reason;
        this.#first.resolve();
        await setTimeout(retryMs, undefined, { signal: this.#closing.signal, ref: false }).catch(() => {});
      }
    }
  }

  /** Opens it, and closes it again when a later step fails, so that the next attempt starts clean. */
  async #attempt(): Promise<void> {
    const plane = await this.#options.open();
    this.#plane = plane;
    try {
      await this.#options.onOpen(plane);
    } catch (error) {
      this.#plane = undefined;
      await plane.close();
      throw error;
    }
    this.#isOpen = true;
  }
}
