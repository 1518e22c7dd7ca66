import { ControlError, mayReplace } from '@sluice/model';
import type { ConsumerDocument, ConsumerNews, ConsumerPage, ConsumerQuestion, ConsumerSource } from '@sluice/model';
import type { Clock } from '@sluice/service';
import { messageOf, systemClock } from '@sluice/service';
import { z } from 'zod';
import { keptChanges } from '../access/consumer-changes.ts';
import type { ChangedConsumer, ConsumerChanges } from '../access/consumer-changes.ts';
import type { ConsumerBody, ConsumerHeadBody } from '../access/collections.ts';
import type { Bus } from '../bus/index.ts';

export interface ConsumerFeedOptions {
  readonly changes: Pick<ConsumerChanges, 'head' | 'after' | 'page' | 'onChange'>;
  /** When the configuration was changed or confirmed last: whoever confirms it confirms the consumers, too. */
  readonly confirmedAt: () => string | undefined;
  /** Carries changes to other control processes and back; without it, they are found by looking at the store. */
  readonly bus?: Pick<Bus, 'publish' | 'subscribe'>;
  readonly clock?: Clock;
}

interface Waiting {
  readonly question: ConsumerQuestion;
  readonly settle: (news: ConsumerNews) => void;
  readonly fail: (error: Error) => void;
}

const topic = 'consumers';
const announcement = z.object({ lineage: z.string(), sequence: z.number() });

/** Time between two looks at the store while a node waits, in milliseconds. */
const lookMs = 300;
/** How many consumers there are in one answer. */
const atOnce = 500;

/**
 * Where nodes ask for the consumers of control. Each change is announced on the bus. An announcement may get lost, so while any
 * node waits, the store is also asked for the last change. The last thousand changes are in memory, so that an answer to a node
 * that is up to date costs nothing, and one to a node that was away a moment is its difference.
 */
export class ConsumerFeed implements ConsumerSource {
  readonly #options: ConsumerFeedOptions;
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  #head: ConsumerHeadBody | undefined;
  /** The changes after `#floor`, in order. */
  #recent: ChangedConsumer[] = [];
  #floor = 0;
  #looking: Promise<void> | undefined;
  #timer: (() => void) | undefined;
  #closed = false;
  readonly #subscriptions: readonly (() => void)[];

  constructor(options: ConsumerFeedOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const { changes, bus } = options;
    this.#subscriptions = [
      changes.onChange(({ lineage, sequence }) => {
        bus?.publish(topic, { lineage, sequence });
        void this.#lookAgain();
      }),
      ...(bus === undefined ? [] : [bus.subscribe(topic, (message) => this.#onAnnounced(message))]),
    ];
  }

  async consumers(question: ConsumerQuestion): Promise<ConsumerNews> {
    await this.#look();
    const news = this.#newsFor(question);
    if (isNew(news, question) || question.waitMs === 0 || this.#closed) return news;
    return this.#wait(question);
  }

  async consumerPage(_nodeId: string, from?: string): Promise<ConsumerPage> {
    const found = await this.#reading(() => this.#options.changes.page(from, atOnce + 1));
    const next = found[atOnce]?.id;
    const consumers = found.slice(0, atOnce).map(({ id, body }) => documentOf(id, body));
    return { consumers, ...(next !== undefined && { next }) };
  }

  /** Answers all nodes that wait. May be called again. */
  close(): void {
    this.#closed = true;
    for (const end of this.#subscriptions) end();
    this.#timer?.();
    for (const { question, settle } of this.#waiting) settle(this.#newsFor(question));
  }

  #wait(question: ConsumerQuestion): Promise<ConsumerNews> {
    return new Promise((resolve, reject) => {
      const end = (): void => waiting.settle(this.#newsFor(question));
      const finish = (): void => {
        this.#waiting.delete(waiting);
        cancel();
        question.signal?.removeEventListener('abort', end);
        if (this.#waiting.size === 0) this.#timer?.();
      };
      const waiting: Waiting = {
        question,
        settle: (news) => (finish(), resolve(news)),
        fail: (error) => (finish(), reject(error)),
      };
      this.#waiting.add(waiting);
      const cancel = this.#clock.after(question.waitMs, end);
      question.signal?.addEventListener('abort', end, { once: true });
      if (question.signal?.aborted === true) return end();
      if (this.#waiting.size === 1) this.#lookLater();
    });
  }

  #lookLater(): void {
    this.#timer?.();
    this.#timer = this.#clock.after(lookMs, () => void this.#lookForAll());
  }

  #onAnnounced(message: unknown): void {
    const head = this.#head;
    const told = announcement.safeParse(message).data;
    const isKnown = head !== undefined && told?.lineage === head.lineage && told.sequence <= head.sequence;
    if (told !== undefined && !isKnown) void this.#lookAgain();
  }

  /** A look that is under way may have begun before the change, and those who asked for it wait only when it is over. */
  async #lookAgain(): Promise<void> {
    await this.#looking?.catch(() => {});
    if (this.#waiting.size === 0 || this.#closed) return;
    await this.#lookForAll();
  }

  async #lookForAll(): Promise<void> {
    try {
      await this.#look();
      for (const { question, settle } of this.#waiting) {
        const news = this.#newsFor(question);
        if (isNew(news, question)) settle(news);
      }
    } catch (error) {
      for (const { fail } of this.#waiting) fail(error as ControlError);
    }
    if (this.#waiting.size > 0 && !this.#closed) this.#lookLater();
  }

  /** Catches up with the store; calls at the same time look once. */
  #look(): Promise<void> {
    this.#looking ??= this.#reading(() => this.#catchUp()).finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #catchUp(): Promise<void> {
    const head = await this.#options.changes.head();
    const last = this.#head;
    if (head.lineage === last?.lineage && head.sequence === last.sequence) return;
    const missed = head.lineage === last?.lineage ? head.sequence - last.sequence : -1;
    const isNear = last !== undefined && missed >= 0 && missed < keptChanges;
    const from = isNear ? last.sequence : Math.max(0, head.sequence - keptChanges);
    const found = await this.#options.changes.after(from);
    const all = [...(isNear ? this.#recent : []), ...found];
    this.#recent = all.slice(-keptChanges);
    if (!isNear) this.#floor = from;
    const dropped = all[all.length - this.#recent.length - 1];
    if (dropped !== undefined) this.#floor = dropped.sequence;
    // What was found may be newer than the head that was read; or there is more, which the next look finds.
    const newest = found.at(-1)?.sequence ?? 0;
    const sequence = found.length === keptChanges ? newest : Math.max(head.sequence, newest);
    this.#head = { ...head, sequence };
  }

  #newsFor({ since, lineage, at }: ConsumerQuestion): ConsumerNews {
    const head = this.#head;
    if (head === undefined) throw notRead();
    const storeAt = latest(head.at, this.#options.confirmedAt());
    const told = { lineage: head.lineage, sequence: head.sequence, ...(storeAt !== undefined && { at: storeAt }) };
    const nothing = { ...told, isWhole: false, changed: [], removed: [] };
    const isKnown = lineage === head.lineage && since <= head.sequence;
    if (isKnown && since === head.sequence) return nothing;
    if (!isKnown && lineage !== undefined) {
      const stored = { revision: head.sequence, lineage: head.lineage, revisionAt: storeAt };
      const keeps = !mayReplace(stored, { since, lineage, revisionAt: at });
      if (keeps) return { ...nothing, lineage, sequence: since, withheld: true };
    }
    if (!isKnown || since < this.#floor) return { ...nothing, isWhole: true };
    return { ...told, isWhole: false, ...this.#difference(since) };
  }

  /** The changes after one, of which an answer has at most 500: the node asks again for the others. */
  #difference(since: number): Pick<ConsumerNews, 'sequence' | 'changed' | 'removed'> {
    const part = this.#recent.filter(({ sequence }) => sequence > since).slice(0, atOnce);
    const newest = new Map(part.map((change) => [change.id, change.body]));
    const changed: ConsumerDocument[] = [];
    const removed: string[] = [];
    for (const [id, body] of newest) {
      if (body === undefined) removed.push(id);
      else changed.push(documentOf(id, body));
    }
    return { sequence: part.at(-1)?.sequence ?? since, changed, removed };
  }

  async #reading<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      throw new ControlError('unavailable', `the consumers cannot be read: ${messageOf(error)}`, { cause: error });
    }
  }
}

function isNew(news: ConsumerNews, question: ConsumerQuestion): boolean {
  if (news.withheld === true) return question.withheld !== true;
  return news.lineage !== question.lineage || news.sequence !== question.since;
}

function latest(...times: readonly (string | undefined)[]): string | undefined {
  return times
    .filter((time) => time !== undefined)
    .toSorted()
    .at(-1);
}

function notRead(): ControlError {
  return new ControlError('unavailable', 'control has not read the consumers yet');
}

/**
 * What nodes need of a consumer. An earlier version stored fewer fields. A field that is added here stays absent where it says
 * nothing: nodes that do not know it refuse the consumers that have it.
 */
function documentOf(consumerId: string, body: ConsumerBody): ConsumerDocument {
  const { name, organization, tier, scopes, roles = [], permissions = [], subjects = [], isEnabled, expiresAt } = body;
  const about = { consumerId, name, organization, tier, scopes, roles, permissions, subjects, isEnabled, expiresAt };
  return { ...about, keys: body.keys.map(({ keyId, hash, expiresAt: until }) => ({ keyId, hash, expiresAt: until })) };
}
