import type { Clock, Logger } from '@sluice/service';
import type { Span, SpanSink } from '@sluice/service/otlp';
import { SpanBuffer } from '@sluice/service/otlp';
import type { Configuration } from '../configuration/index.ts';
import type { Deployment, DeploymentEvent, DeploymentStore } from '../deployment/index.ts';
import type { Leader } from '../lock/index.ts';
import { attempt, removeAll } from '../store/index.ts';
import type { Store, Stored, Write } from '../store/index.ts';
import { endedSpans } from './collections.ts';
import type { EndedSpansBody } from './collections.ts';
import { spansEndedAt } from './deployment-spans.ts';

export interface DeploymentTracerOptions {
  readonly store: Store;
  readonly deployments: Pick<DeploymentStore, 'get' | 'events'>;
  readonly configuration: Pick<Configuration, 'lineage'>;
  /** Only the leader sends. */
  readonly leader: Pick<Leader, 'leading'>;
  readonly spans: Pick<SpanSink, 'add'>;
  readonly log: Pick<Logger, 'warn'>;
  readonly clock: Clock;
}

const roundMs = 1_000;
/** From a round that failed to the next one. */
const troubledMs = 10_000;
/** How long spans wait that the exporter dropped. */
const againMs = 300_000;
/** What no collector has taken by then is given up. */
const longestMs = 86_400_000;
const batch = 100;
/** The latest events of a deployment; nearly all have fewer. */
const mostEvents = 1_000;

/** The kinds of events with which a phase or the whole ends. */
const endings: ReadonlySet<DeploymentEvent['kind']> = new Set([
  'phaseStarted',
  'completed',
  'rolledBack',
  'failed',
  'cancelled',
]);

/** The writes that remember spans which end with an event. They are committed together with the event. */
export function endedSpanWrites(event: DeploymentEvent, deployment: Deployment): readonly Write[] {
  const { deploymentId, kind, phaseIndex, at } = event;
  // The first phase ends nothing, and plain changes are no deployments to look at.
  if (!endings.has(kind) || deployment.isPlain === true || (kind === 'phaseStarted' && phaseIndex === 0)) return [];
  const id = `${deploymentId}~${event.sequence}`;
  return [{ kind: 'put', collection: endedSpans, id, body: { deploymentId, at }, expect: 'absent' }];
}

/** Sends the spans of deployments once they have ended: each until a collector took it, by the leader alone. */
export class DeploymentTracer {
  readonly #options: DeploymentTracerOptions;
  /** What the exporter has, and what it dropped, with the time from which on it may be sent again. */
  readonly #notBefore = new Map<string, number>();
  /** Taken by the collector, but still in the store. */
  readonly #taken = new Set<string>();
  #isClosed = false;
  #round: Promise<void> = Promise.resolve();
  #cancelTimer: () => void;

  constructor(options: DeploymentTracerOptions) {
    this.#options = options;
    this.#cancelTimer = options.clock.after(0, () => this.#startRound());
  }

  /** Waits for what is being written. May be called again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer();
    await this.#round;
    await this.#try(() => this.#removeTaken());
  }

  #startRound(): void {
    this.#round = this.#try(async () => {
      await this.#removeTaken();
      if (this.#options.leader.leading) await this.#sendAll();
    }).then((isFine) => {
      if (this.#isClosed) return;
      this.#cancelTimer = this.#options.clock.after(isFine ? roundMs : troubledMs, () => this.#startRound());
    });
  }

  async #sendAll(): Promise<void> {
    const { store, clock } = this.#options;
    const tooOld = new Date(clock.now() - longestMs).toISOString();
    const { items } = await store.find(endedSpans, { orderBy: 'at', limit: batch });
    if (items.some(({ body }) => body.at < tooOld)) await removeAll(store, endedSpans, { at: { below: tooOld } });
    for (const item of items) {
      if (this.#isClosed) return;
      if (item.body.at >= tooOld && (this.#notBefore.get(item.id) ?? 0) <= clock.monotonic()) await this.#send(item);
    }
  }

  async #send({ id, body }: Stored<EndedSpansBody>): Promise<void> {
    const { spans, clock } = this.#options;
    const ended = await this.#spansOf(body);
    // Its deployment was removed from the history.
    if (ended.length === 0) return void this.#taken.add(id);
    const buffer = new SpanBuffer();
    for (const span of ended) buffer.add(span);
    const chunk = buffer.take();
    this.#notBefore.set(id, Infinity);
    spans.add(chunk.bytes, chunk.spans, (isTaken) => {
      if (isTaken) this.#taken.add(id);
      else this.#notBefore.set(id, clock.monotonic() + againMs);
    });
  }

  async #spansOf({ deploymentId, at }: EndedSpansBody): Promise<readonly Span[]> {
    const { deployments } = this.#options;
    const stored = await deployments.get(deploymentId);
    if (stored === undefined) return [];
    const after = Math.max(0, stored.deployment.eventCount - mostEvents);
    const events = await deployments.events(deploymentId, { after, limit: mostEvents });
    const { lineage } = this.#options.configuration;
    return spansEndedAt({ deployment: stored.deployment, events, lineage }, at);
  }

  async #removeTaken(): Promise<void> {
    for (const id of this.#taken) {
      await this.#options.store.commit([{ kind: 'remove', collection: endedSpans, id, expect: 'any' }]);
      this.#taken.delete(id);
      this.#notBefore.delete(id);
    }
  }

  /** Whether a step succeeded. The next round tries again. */
  #try(step: () => Promise<void>): Promise<boolean> {
    return attempt(this.#options.log, 'traces of deployments could not be sent; retrying', step);
  }
}
