import type { Store, Write } from '../store/store.ts';
import type { Logger } from '@sluice/service';
import { messageOf } from '@sluice/service';
import { hostname } from 'node:os';
import { fences } from './fences.ts';
import type { Lease, Lock } from './lock.ts';

/** Whether this process leads, among all processes that stand for the same name. */
export interface Leader {
  /** Decided by this process's own clock: false before another process can hold the lock, even after a pause of this process. */
  readonly leading: boolean;
  /** The fencing token of this term, which is greater than those of all earlier terms. Undefined when this process does not lead. */
  readonly token: number | undefined;
  /** Calls the listener when this process begins and ceases to lead. Returns a function that ends that. */
  onChange(listener: (leading: boolean) => void): () => void;
  /**
   * A write to add to a commit. The commit then rejects with a ConflictError when another process has led since. Throws a
   * NotLeadingError when this process does not lead.
   */
  guard(): Write;
  /** Steps down, so that another process can lead at once. May be called again. */
  close(): Promise<void>;
}

export interface LeaderOptions {
  readonly lock: Lock;
  readonly store: Store;
  readonly name?: string;
  /** The name of this process for people; by default the host's name. */
  readonly holder?: string;
  /** Monotonic, in milliseconds. */
  readonly clock?: () => number;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** How long a silent leader keeps the lock. With `renewMs`, it decides how soon a killed leader is replaced. */
  readonly ttlMs?: number;
  /** How often the lock is renewed, and how often other processes try to get it. */
  readonly renewMs?: number;
}

/** This process does not lead, and so may not do what only the leader does. */
export class NotLeadingError extends Error {
  override readonly name = 'NotLeadingError';
}

/** The time from being elected to stepping down. */
interface Term {
  readonly lease: Lease;
  readonly token: number;
  /** The version of the fence that this term wrote. */
  readonly fence: number;
  /** By this process's clock, with a margin before anybody else can get the lock. */
  until: number;
}

/** Stands for election until it is closed. */
export function createLeader(options: LeaderOptions): Leader {
  return new ElectedLeader(options);
}

class ElectedLeader implements Leader {
  readonly #options: Required<LeaderOptions>;
  readonly #listeners = new Set<(leading: boolean) => void>();
  readonly #running: Promise<void>;
  #term: Term | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #checkingFence = false;
  #wake: (() => void) | undefined;
  #closed = false;
  /** The token of this process's last term, because a restore may remove the fence. */
  #lastToken = 0;
  /** The last logged reason of each failure, so that it is logged once. */
  readonly #told = new Map<'election' | 'fence' | 'release', string>();

  constructor(options: LeaderOptions) {
    const defaults = {
      name: 'leader',
      holder: hostname(),
      clock: () => performance.now(),
      ttlMs: 5_000,
      renewMs: 1_500,
    };
    this.#options = { ...defaults, ...options };
    this.#running = this.#run();
  }

  get leading(): boolean {
    return this.#presentTerm() !== undefined;
  }

  get token(): number | undefined {
    return this.#presentTerm()?.token;
  }

  onChange(listener: (leading: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  guard(): Write {
    const term = this.#presentTerm();
    if (term === undefined) throw new NotLeadingError(`this process does not lead "${this.#options.name}"`);
    return { kind: 'check', collection: fences, id: this.#options.name, expect: term.fence };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake?.();
    await this.#running;
    if (this.#term !== undefined) await this.#end(this.#term, 'it is closed');
  }

  #presentTerm(): Term | undefined {
    const term = this.#term;
    return term !== undefined && this.#options.clock() < term.until ? term : undefined;
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      let pause = this.#options.renewMs;
      try {
        if (this.#term === undefined) await this.#stand();
        else if (!(await this.#renew(this.#term))) pause /= 5;
        this.#told.delete('election');
      } catch (error) {
        this.#tell('election', error);
      }
      await this.#sleep(pause);
    }
  }

  /** Tries to become the leader: takes the lock, and then writes the fence in the store, which shuts out the former leader. */
  async #stand(): Promise<void> {
    const { lock, store, name, holder, ttlMs, clock } = this.#options;
    const fence = await store.get(fences, name);
    const asked = clock();
    const lease = await lock.acquire(name, { ttlMs });
    if (lease === undefined) return;
    const token = Math.max(fence?.body.token ?? 0, this.#lastToken) + 1;
    try {
      const body = { token, holder };
      const expect = fence?.version ?? 'absent';
      await store.commit([{ kind: 'put', collection: fences, id: name, body, expect }]);
    } catch (error) {
      await lease.release();
      throw error;
    }
    const until = this.#sureUntil(asked);
    if (this.#closed || clock() >= until) await lease.release();
    else this.#begin({ lease, token, fence: (fence?.version ?? 0) + 1, until });
  }

  /** Until when a lock that was requested at this time is certainly held. The margin is for clocks of different speed. */
  #sureUntil(asked: number): number {
    return asked + this.#options.ttlMs * 0.9;
  }

  async #renew(term: Term): Promise<boolean> {
    const asked = this.#options.clock();
    const renewed = await term.lease.renew();
    if (this.#term !== term) return true;
    if (term.lease.lost) {
      await this.#end(term, 'the lock is lost');
    } else if (renewed) {
      term.until = this.#sureUntil(asked);
      this.#watchExpiry(term);
      void this.#checkFence(term);
    }
    return renewed;
  }

  /** Ends the term when the fence is no longer that of this term, for instance after a restore: no commit could succeed. */
  async #checkFence(term: Term): Promise<void> {
    if (this.#checkingFence) return;
    this.#checkingFence = true;
    try {
      const fence = await this.#options.store.get(fences, this.#options.name);
      if (fence?.version !== term.fence && this.#term === term)
        await this.#end(term, 'the fence belongs to another term');
      this.#told.delete('fence');
    } catch (error) {
      this.#tell('fence', error);
    } finally {
      this.#checkingFence = false;
    }
  }

  #begin(term: Term): void {
    this.#term = term;
    this.#lastToken = term.token;
    this.#watchExpiry(term);
    this.#options.log.info('this process is the leader now', { name: this.#options.name, term: term.token });
    this.#notify(true);
  }

  /** Ends the term in time, even while a renewal is still waiting for its answer. */
  #watchExpiry(term: Term): void {
    clearTimeout(this.#expiry);
    const left = term.until - this.#options.clock();
    if (left > 0) this.#expiry = setTimeout(() => this.#watchExpiry(term), Math.ceil(left));
    else void this.#end(term, 'it could not renew the lock in time');
  }

  async #end(term: Term, reason: string): Promise<void> {
    if (this.#term !== term) return;
    this.#term = undefined;
    clearTimeout(this.#expiry);
    const { name, log } = this.#options;
    log[this.#closed ? 'info' : 'warn']('this process is no longer the leader', { name, term: term.token, reason });
    this.#notify(false);
    await term.lease.release().catch((error: unknown) => this.#tell('release', error));
  }

  #notify(leading: boolean): void {
    for (const listener of this.#listeners) {
      try {
        listener(leading);
      } catch (error) {
        this.#options.log.warn('a listener of the leader failed', { error });
      }
    }
  }

  #tell(what: 'election' | 'fence' | 'release', error: unknown): void {
    const { name, log } = this.#options;
    const reason = messageOf(error);
    if (reason === this.#told.get(what)) return;
    this.#told.set(what, reason);
    log.warn('the election of a leader failed; retrying', { name, what, reason });
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#closed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
  }
}
