import type { Clock, Logger } from '@sluice/service';
import { NotFoundError } from '../../configuration/index.ts';
import type { Deployments } from '../../deployment/index.ts';
import { StoreUnavailableError } from '../../store/index.ts';
import type { Call } from '../call.ts';
import { figuresOf } from '../figures-of.ts';
import { Denial } from '../identify.ts';
import { Refusal, tooMany } from '../refusal.ts';
import { DeploymentFeed } from './deployment-feed.ts';
import { DeploymentWatch } from './deployment-watch.ts';
import { lazyStream } from './lazy-stream.ts';

export interface WatchersOptions {
  readonly deployments: Deployments;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Logger;
  /** Rejects with a Denial when the caller may not watch any more. */
  readonly check: (call: Call) => Promise<unknown>;
}

/** A watch whose stream is being read. */
interface Watching {
  readonly watch: DeploymentWatch;
  readonly call: Call;
  readonly pieces: AsyncGenerator<Uint8Array, void>;
  /** How many seconds the reader has left a piece unread; undefined while the reader waits. */
  waited: number | undefined;
  /** Nothing more is sent. */
  isOver: boolean;
}

const second = 1000;
const longestWait = 30;
const mostWatches = 1000;
const mostOfOneCaller = 20;

/** The watches of deployments on this process. */
export class DeploymentWatchers {
  readonly #options: WatchersOptions;
  readonly #feeds = new Map<string, { readonly feed: DeploymentFeed; readonly all: Set<Watching> }>();
  readonly #unsubscribe: () => void;
  readonly #callers = new Map<string, number>();
  #count = 0;
  #isClosed = false;
  #cancelTick: (() => void) | undefined;

  constructor(options: WatchersOptions) {
    this.#options = options;
    this.#unsubscribe = options.deployments.onChange((deploymentId) => this.#onChange(deploymentId));
  }

  /**
   * The stream of one watch. Rejects with a NotFoundError, or with a Refusal when there are too many. The watch begins when the
   * stream is read for the first time.
   */
  async watch(deploymentId: string, call: Call): Promise<ReadableStream<Uint8Array>> {
    await this.#options.deployments.get(deploymentId);
    this.#refuseMore(call);
    return lazyStream({
      begin: () => this.#begin(deploymentId, call),
      next: async (watching) => {
        watching.waited = undefined;
        const piece = await this.#next(watching);
        watching.waited = 0;
        return piece;
      },
      end: (watching) => this.#remove(deploymentId, watching),
    });
  }

  /** Ends all watches. May be called again. */
  close(): void {
    this.#isClosed = true;
    this.#unsubscribe();
    this.#cancelTick?.();
    for (const { all } of this.#feeds.values()) for (const { watch } of all) watch.end();
  }

  #refuseMore(call: Call): void {
    if ((this.#callers.get(nameOf(call)) ?? 0) >= mostOfOneCaller) {
      throw tooMany(`At most ${mostOfOneCaller} event streams at a time for each caller are allowed`, 1);
    }
    if (!this.#isClosed && this.#count < mostWatches) return;
    const message = this.#isClosed ? 'The server is shutting down.' : `There are ${mostWatches} event streams already.`;
    throw new Refusal('SERVICE_UNAVAILABLE', { message, headers: { 'retry-after': '1' } });
  }

  #countCaller(call: Call, change: 1 | -1): void {
    const name = nameOf(call);
    const count = (this.#callers.get(name) ?? 0) + change;
    if (count === 0) this.#callers.delete(name);
    else this.#callers.set(name, count);
  }

  #begin(deploymentId: string, call: Call): Watching {
    // Several calls at the same time may all have passed the first check.
    this.#refuseMore(call);
    const { deployments, check } = this.#options;
    const served = this.#feeds.get(deploymentId) ?? {
      feed: new DeploymentFeed(deployments, deploymentId),
      all: new Set(),
    };
    this.#feeds.set(deploymentId, served);
    const watch = new DeploymentWatch({
      feed: served.feed,
      after: call.lastEventId ?? 0,
      figures: (deployment) => figuresOf(deployments, deployment),
      check: () => check(call),
    });
    if (this.#isClosed) watch.end();
    const watching: Watching = { watch, call, pieces: watch.pieces(), waited: undefined, isOver: false };
    served.all.add(watching);
    this.#count += 1;
    this.#countCaller(call, 1);
    this.#cancelTick ??= this.#options.clock.after(second, () => this.#tick());
    return watching;
  }

  /** The next piece; undefined at the end. An error ends the stream as well: the client reconnects, and gets the reason. */
  async #next(watching: Watching): Promise<Uint8Array | undefined> {
    if (watching.isOver) return undefined;
    try {
      const { done, value } = await watching.pieces.next();
      return done === true ? undefined : value;
    } catch (error) {
      const isExpected =
        error instanceof Denial || error instanceof StoreUnavailableError || error instanceof NotFoundError;
      if (!isExpected) this.#options.log.error('watching a deployment failed', { error });
      return undefined;
    }
  }

  #remove(deploymentId: string, watching: Watching): void {
    const served = this.#feeds.get(deploymentId);
    if (served?.all.delete(watching) !== true) return;
    watching.isOver = true;
    watching.watch.end();
    this.#count -= 1;
    this.#countCaller(watching.call, -1);
    if (served.all.size === 0) this.#feeds.delete(deploymentId);
  }

  #onChange(deploymentId: string): void {
    const served = this.#feeds.get(deploymentId);
    if (served === undefined) return;
    served.feed.forget();
    for (const { watch } of served.all) watch.change();
  }

  #tick(): void {
    this.#cancelTick = undefined;
    for (const [deploymentId, { all }] of this.#feeds) {
      for (const watching of all) {
        if (watching.waited !== undefined && (watching.waited += 1) > longestWait) this.#cutOff(deploymentId, watching);
        else watching.watch.tick();
      }
    }
    if (this.#count > 0 && !this.#isClosed) this.#cancelTick = this.#options.clock.after(second, () => this.#tick());
  }

  /** A client that stops reading would keep its connection for ever. */
  #cutOff(deploymentId: string, watching: Watching): void {
    this.#remove(deploymentId, watching);
    watching.call.disconnect();
  }
}

function nameOf({ actor: { kind, name } }: Call): string {
  return `${kind}:${name}`;
}
