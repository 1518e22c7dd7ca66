import type { Clock, Logger } from '@sluice/service';
import { NotFoundError } from '../../configuration/index.ts';
import type { Deployments } from '../../deployment/index.ts';
import { StoreUnavailableError } from '../../store/index.ts';
import type { Call } from '../call.ts';
import { figuresOf } from '../figures-of.ts';
import { Denial } from '../identify.ts';
import { Refusal } from '../refusal.ts';
import { DeploymentFeed } from './deployment-feed.ts';
import { DeploymentWatch } from './deployment-watch.ts';

/** What those who watch are served with. */
export interface WatchersOptions {
  readonly deployments: Deployments;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Logger;
  /** Rejects with a Denial when who sent the call may not watch any more. */
  readonly check: (call: Call) => Promise<unknown>;
}

/** A watch that somebody reads. */
interface Watching {
  readonly watch: DeploymentWatch;
  readonly call: Call;
  readonly pieces: AsyncGenerator<Uint8Array, void>;
  /** Seconds that a piece has been waiting to be taken; undefined while the reader waits for us. */
  waited: number | undefined;
  /** Nothing more is sent, whatever is left. */
  isOver: boolean;
}

const second = 1000;
const longestWait = 30;
const mostWatches = 1000;
/** The pages and programs of one person. */
const mostOfOneCaller = 20;

/** All who watch deployments on this process. */
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
   * What is sent to one who watches. Rejects with a NotFoundError, or with a Refusal when there are too many. The work begins
   * when the stream is read for the first time: one that nobody reads costs nothing.
   */
  async watch(deploymentId: string, call: Call): Promise<ReadableStream<Uint8Array>> {
    await this.#options.deployments.get(deploymentId);
    this.#refuseMore(call);
    let watching: Watching | undefined;
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          if (watching === undefined) {
            // Many who ask at the same moment have all been let in above.
            this.#refuseMore(call);
            watching = this.#begin(deploymentId, call);
          }
          watching.waited = undefined;
          const piece = await this.#next(watching);
          watching.waited = 0;
          if (piece !== undefined) return controller.enqueue(piece);
          this.#remove(deploymentId, watching);
          controller.close();
        },
        cancel: () => {
          if (watching !== undefined) this.#remove(deploymentId, watching);
        },
      },
      // Nothing is made before it is asked for.
      { highWaterMark: 0 },
    );
  }

  /** Ends all of them. May be called again. */
  close(): void {
    this.#isClosed = true;
    this.#unsubscribe();
    this.#cancelTick?.();
    for (const { all } of this.#feeds.values()) for (const { watch } of all) watch.end();
  }

  #refuseMore(call: Call): void {
    const headers = { 'retry-after': '1' };
    if ((this.#callers.get(nameOf(call)) ?? 0) >= mostOfOneCaller) {
      const message = `At most ${mostOfOneCaller} event streams at a time for each caller: close one first.`;
      throw new Refusal('RATE_LIMIT_EXCEEDED', { message, headers });
    }
    if (!this.#isClosed && this.#count < mostWatches) return;
    const message = this.#isClosed ? 'The server stops.' : `${mostWatches} watch deployments here already.`;
    throw new Refusal('SERVICE_UNAVAILABLE', { message, headers });
  }

  #countCaller(call: Call, change: 1 | -1): void {
    const name = nameOf(call);
    const count = (this.#callers.get(name) ?? 0) + change;
    if (count === 0) this.#callers.delete(name);
    else this.#callers.set(name, count);
  }

  #begin(deploymentId: string, call: Call): Watching {
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

  /** The next piece; undefined at the end. What goes wrong ends it too: who watches connects again, and is told why. */
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

  /** Who does not take what is sent would hold a connection for ever. */
  #cutOff(deploymentId: string, watching: Watching): void {
    this.#remove(deploymentId, watching);
    watching.call.disconnect();
  }
}

function nameOf({ actor: { kind, name } }: Call): string {
  return `${kind}:${name}`;
}
