import { hasEnded } from '../../deployment/index.ts';
import type { Deployment, Verdict } from '../../deployment/index.ts';
import { presentDeployment, presentMetrics } from '../present-deployment.ts';
import type { DeploymentFeed } from './deployment-feed.ts';
import { encodeEvent, heartbeat } from './server-sent-event.ts';
import type { ServerSentEvent } from './server-sent-event.ts';

export interface WatchOptions {
  readonly feed: DeploymentFeed;
  /** The last event that the client has; 0 for none. */
  readonly after: number;
  readonly figures: (deployment: Deployment) => Verdict | undefined;
  /** Rejects when the client may not watch any more. */
  readonly check: () => Promise<unknown>;
}

/** Seconds from one heartbeat to the next. */
const ticksPerHeartbeat = 15;
const ticksPerCheck = 5;

/**
 * One client that watches a deployment. The client sets the pace, and nothing is queued: a slow one gets every event, but
 * fewer figures.
 */
export class DeploymentWatch {
  readonly #options: WatchOptions;
  #after: number;
  #lastUpdate: string | undefined;
  #isChanged = true;
  #ticks = 0;
  #seenTicks = 0;
  #isOver = false;
  #wake: () => void = () => {};

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#after = options.after;
  }

  /** The deployment has changed. */
  change(): void {
    this.#isChanged = true;
    this.#wake();
  }

  /** A second has passed. */
  tick(): void {
    this.#ticks += 1;
    this.#wake();
  }

  /** Ends the watch. */
  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** The bytes that are sent. */
  async *pieces(): AsyncGenerator<Uint8Array, void> {
    const { feed, figures, check } = this.#options;
    while (!this.#isOver) {
      if (this.#isChanged) {
        this.#isChanged = false;
        // A session may have ended. At first it has just been checked.
        if (this.#lastUpdate !== undefined) await check();
        // The deployment is read before the events, so that the events that led to it are stored.
        const deployment = await feed.deployment();
        yield* encoded(this.#news(deployment));
        if (hasEnded(deployment)) {
          yield encodeEvent(endOf(deployment));
          return;
        }
      }
      if (this.#ticks > this.#seenTicks) {
        const passes = (every: number) => Math.floor(this.#ticks / every) > Math.floor(this.#seenTicks / every);
        const [isDue, isToCheck] = [passes(ticksPerHeartbeat), passes(ticksPerCheck)];
        this.#seenTicks = this.#ticks;
        if (isToCheck) await check();
        if (isDue) {
          // Finds changes whose announcement was lost.
          feed.forget();
          this.#isChanged = true;
          yield heartbeat;
        }
        const deployment = await feed.deployment();
        const now = deployment.status === 'InProgress' ? figures(deployment) : undefined;
        if (now !== undefined) yield encodeEvent({ event: 'metrics', data: presentMetrics(deployment, now) });
      }
      if (!this.#isChanged && this.#ticks === this.#seenTicks && !this.#isOver) await this.#sleep();
    }
  }

  async *#news(deployment: Deployment): AsyncGenerator<ServerSentEvent> {
    const { feed, figures } = this.#options;
    for (;;) {
      const events = await feed.eventsAfter(this.#after);
      for (const event of events) {
        this.#after = event.sequence;
        yield { id: event.sequence, event: event.kind, data: event };
      }
      if (events.length === 0) break;
    }
    const update = JSON.stringify([deployment.updatedAt, deployment.eventCount, deployment.verdict]);
    if (update === this.#lastUpdate) return;
    this.#lastUpdate = update;
    yield { event: 'deployment', data: presentDeployment(deployment, figures(deployment)) };
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

async function* encoded(events: AsyncIterable<ServerSentEvent>): AsyncGenerator<Uint8Array> {
  for await (const event of events) yield encodeEvent(event);
}

function endOf({ deploymentId, status }: Deployment): ServerSentEvent {
  return { event: 'end', data: { deploymentId, status } };
}
