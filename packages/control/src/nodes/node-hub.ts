import type { Clock, Logger } from '@sluice/service';
import type { Bus } from '../bus/bus.ts';
import { systemClock } from '@sluice/service';
import { ControlError, mayReplace, nodeCommands, revisionAnnouncement } from '@sluice/model';
import type { ChangesRequest, NodeChanges, NodeCommand } from '@sluice/model';
import type { ChangeFeed } from './change-feed.ts';
import { CommandLog } from './command-log.ts';
import { HeadWatch } from './head-watch.ts';

export interface NodeHubOptions {
  readonly configuration: ChangeFeed;
  readonly bus: Pick<Bus, 'publish' | 'subscribe'>;
  /** The key by which nodes check announcements on their own bus. */
  readonly announcementKey?: string | undefined;
  /** Called with each command once, whichever control process it comes from. */
  readonly onCommand?: ((command: NodeCommand) => void) | undefined;
  readonly clock?: Clock;
  readonly log: Logger;
}

/** Where nodes ask for changes. */
export interface NodeHub {
  /**
   * Resolves as soon as there is a newer revision or a command for the node. Resolves with nothing new when the wait is
   * over, the node gives up, or the hub closes. Rejects with a ControlError only when control has not read its
   * configuration yet.
   */
  changes(request: ChangesRequest): Promise<NodeChanges>;
  /** Passes a command to all nodes, also to those of other control processes. */
  command(command: NodeCommand): void;
  /** Answers all nodes that wait. May be called again. */
  close(): void;
}

/** Makes a hub. It announces each new revision on the bus, and hears the announcements of other control processes. */
export function createNodeHub(options: NodeHubOptions): NodeHub {
  return new Hub(options);
}

interface Waiting {
  readonly request: ChangesRequest;
  /** The look at the store that has to succeed before an answer. */
  readonly look: number;
  readonly answer: (changes: NodeChanges) => void;
  /** The wait is over, with nothing new. */
  readonly end: () => void;
}

/** The node is behind the store, equal to it, or has something that only a person may give up; or nobody knows yet. */
type Standing = 'behind' | 'current' | 'withheld' | 'unknown';

/** How long to wait for the store when only the store can say whose history is right, in milliseconds. */
const lookMs = 2_000;

class Hub implements NodeHub {
  readonly #configuration: ChangeFeed;
  readonly #bus: NodeHubOptions['bus'];
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #announcementKey: string | undefined;
  readonly #commands: CommandLog;
  readonly #onNewCommand: NodeHubOptions['onCommand'];
  readonly #head: HeadWatch;
  readonly #waiting = new Set<Waiting>();
  readonly #subscriptions: readonly (() => void)[];
  #closed = false;
  /** The last revision that the bus announced: it need not be announced again. */
  #heard = 0;

  constructor({ configuration, bus, announcementKey, onCommand, clock = systemClock, log }: NodeHubOptions) {
    this.#onNewCommand = onCommand;
    this.#announcementKey = announcementKey;
    this.#configuration = configuration;
    this.#bus = bus;
    this.#clock = clock;
    this.#log = log;
    this.#commands = new CommandLog(clock);
    this.#head = new HeadWatch({ configuration, clock, log, onLook: () => this.#answerAll() });
    this.#subscriptions = [
      configuration.onRevision((revision) => this.#onRevision(revision)),
      bus.subscribe('revision', (message) => this.#onAnnounced(message)),
      bus.subscribe('command', (message) => this.#onCommand(message)),
    ];
  }

  changes(request: ChangesRequest): Promise<NodeChanges> {
    const { signal } = request;
    const waitMs = this.#isSure(request) ? request.waitMs : Math.max(request.waitMs, lookMs);
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        if (!this.#waiting.delete(waiting)) return;
        cancel();
        signal?.removeEventListener('abort', waiting.end);
        this.#head.watch(this.#waiting.size > 0);
        settle();
      };
      const waiting: Waiting = {
        request,
        look: this.#head.nextLook,
        answer: (changes) => finish(() => resolve(this.#withKey(changes))),
        end: () =>
          finish(() => (this.#isLoaded() ? resolve(this.#withKey(this.#unchanged(waiting))) : reject(notLoaded()))),
      };
      // The wait begins before the first check, in the same turn, so that nothing can happen in between.
      this.#waiting.add(waiting);
      const cancel = this.#clock.after(waitMs, waiting.end);
      signal?.addEventListener('abort', waiting.end, { once: true });
      this.#answer(waiting);
      if (this.#closed || signal?.aborted === true || waitMs === 0) waiting.end();
      if (!this.#waiting.has(waiting)) return;
      this.#head.watch(true);
      if (!this.#isSure(request)) this.#head.look();
    });
  }

  command(command: NodeCommand): void {
    this.#add(command);
    this.#bus.publish('command', command);
    this.#answerAll();
  }

  close(): void {
    this.#closed = true;
    for (const end of this.#subscriptions) end();
    for (const waiting of this.#waiting) waiting.end();
    this.#head.close();
  }

  #onRevision(revision: number): void {
    if (revision !== this.#heard) this.#bus.publish('revision', { revision });
    this.#answerAll();
  }

  #onAnnounced(message: unknown): void {
    const revision = revisionAnnouncement.safeParse(message).data?.revision;
    if (revision === undefined) return;
    this.#heard = revision;
    if (revision !== this.#configuration.revision) this.#head.look();
  }

  #onCommand(message: unknown): void {
    for (const command of nodeCommands.parse([message])) this.#add(command);
    this.#answerAll();
  }

  #add(command: NodeCommand): void {
    if (this.#commands.add(command)) this.#onNewCommand?.(command);
  }

  #answerAll(): void {
    for (const waiting of this.#waiting) this.#answer(waiting);
  }

  #answer(waiting: Waiting): void {
    const { request } = waiting;
    const standing = this.#standing(waiting);
    const commands = this.#commands.hasFor(request.nodeId);
    const isTold = standing === 'unknown' || (standing === 'withheld') === (request.withheld === true);
    if (standing !== 'behind' && isTold && !commands) {
      // A question without a wait has waited for this look only.
      if (request.waitMs === 0 && this.#head.lastLook >= waiting.look) waiting.end();
      return;
    }
    if (standing === 'withheld' && !isTold) this.#tellWithheld(request);
    const { since, lineage, revisionAt } = request;
    const difference =
      standing === 'behind'
        ? this.#configuration.changesSince(since, lineage, revisionAt)
        : this.#nothing(request, standing === 'withheld');
    waiting.answer({ ...difference, commands: this.#commands.take(request.nodeId) });
  }

  /** Compares what a node has with what the store has. */
  #standing({ request, look }: Pick<Waiting, 'request' | 'look'>): Standing {
    if (!this.#isLoaded()) return 'unknown';
    if (request.lineage === undefined) return 'behind';
    const { revision, lineage } = this.#configuration;
    const isNext = request.lineage === lineage && revision > request.since;
    if (this.#isCurrent(request)) return 'current';
    if (isNext && mayReplace(this.#configuration, request)) return 'behind';
    // Either the node or this process has not seen a restore: the store says which.
    if (this.#head.lastLook < look) return 'unknown';
    return mayReplace(this.#configuration, request) ? 'behind' : 'withheld';
  }

  #isCurrent(request: ChangesRequest): boolean {
    const { revision, lineage, revisionAt } = this.#configuration;
    const isSame = request.lineage === lineage && request.since === revision;
    return isSame && (request.revisionAt === undefined || request.revisionAt === revisionAt);
  }

  /** Whether this process knows what is new to the node without asking the store. */
  #isSure(request: ChangesRequest): boolean {
    return this.#isLoaded() && this.#standing({ request, look: Number.POSITIVE_INFINITY }) !== 'unknown';
  }

  #tellWithheld({ nodeId, since }: ChangesRequest): void {
    this.#log.warn(
      'a node keeps its configuration because the store is empty or older: make a change, or confirm the store with sluice confirm',
      { node: nodeId, runs: since, store: this.#configuration.revision },
    );
  }

  #isLoaded(): boolean {
    return this.#configuration.lineage !== '';
  }

  #withKey(changes: NodeChanges): NodeChanges {
    return this.#announcementKey === undefined ? changes : { ...changes, announcementKey: this.#announcementKey };
  }

  /** The answer at the end of a wait. */
  #unchanged(waiting: Waiting): NodeChanges {
    const standing = this.#standing(waiting);
    const isWithheld = standing === 'withheld' || (standing === 'unknown' && waiting.request.withheld === true);
    return this.#nothing(waiting.request, isWithheld);
  }

  /** An answer without changes. It names the history of the node, which this process may not know. */
  #nothing({ since, lineage = this.#configuration.lineage }: ChangesRequest, withheld = false): NodeChanges {
    const isKnown = lineage === this.#configuration.lineage;
    return {
      revision: isKnown ? Math.min(since, this.#configuration.revision) : 0,
      lineage,
      ...(withheld && { withheld }),
      whole: false,
      routes: [],
      backends: [],
      removedRoutes: [],
      removedBackends: [],
      commands: [],
    };
  }
}

function notLoaded(): ControlError {
  return new ControlError('unavailable', 'control has not read its configuration yet');
}
