import type { FollowedRequests, RequestFilter } from '@sluice/model';
import type { Clock } from '@sluice/service';
import type { OwnGateway } from '../../nodes/index.ts';
import type { Call } from '../call.ts';
import { Refusal, tooMany } from '../refusal.ts';
import { lazyStream } from './lazy-stream.ts';
import { encodeEvent, heartbeat } from './server-sent-event.ts';

export interface FollowersOptions {
  readonly clock: Pick<Clock, 'after'>;
  /** Rejects when the caller may not follow any more. */
  readonly check: (call: Call) => Promise<unknown>;
}

/** Somebody who follows requests. */
interface Follower {
  readonly call: Call;
  readonly waiting: Uint8Array[];
  dropped: number;
  /** How many seconds the reader has left something unread. */
  unread: number;
  isOver: boolean;
  wake: () => void;
  stop: () => void;
}

const second = 1000;
const mostFollowers = 20;
const mostOfOneCaller = 5;
/** Events that may wait for one reader. */
const mostWaiting = 1000;
/** A reader that is away for so long is cut off, in seconds. */
const longestUnread = 30;
const secondsPerCheck = 5;
const secondsPerHeartbeat = 15;

/** Those who follow the requests of the gateway in this process. */
export class RequestFollowers {
  readonly #options: FollowersOptions;
  readonly #followers = new Set<Follower>();
  #isClosed = false;
  #seconds = 0;
  #cancelTick: (() => void) | undefined;

  constructor(options: FollowersOptions) {
    this.#options = options;
  }

  /** The stream of one follower. It begins when it is read for the first time. Throws a Refusal when there are too many. */
  follow(gateway: OwnGateway, filter: RequestFilter, call: Call): ReadableStream<Uint8Array> {
    this.#refuseMore(call);
    return lazyStream({
      begin: () => this.#begin(gateway, filter, call),
      next: nextOf,
      end: (follower) => this.#end(follower),
    });
  }

  /** Ends all streams. May be called again. */
  close(): void {
    this.#isClosed = true;
    this.#cancelTick?.();
    for (const follower of this.#followers) this.#end(follower);
  }

  #refuseMore({ actor }: Call): void {
    if (this.#isClosed || this.#followers.size >= mostFollowers) {
      const message = this.#isClosed ? 'The server is shutting down.' : `${mostFollowers} follow requests already.`;
      throw new Refusal('SERVICE_UNAVAILABLE', { message, headers: { 'retry-after': '1' } });
    }
    const own = [...this.#followers].filter(
      ({ call }) => call.actor.kind === actor.kind && call.actor.name === actor.name,
    );
    if (own.length >= mostOfOneCaller)
      throw tooMany(`At most ${mostOfOneCaller} streams of requests at a time for each caller are allowed`, 1);
  }

  #begin(gateway: OwnGateway, filter: RequestFilter, call: Call): Follower {
    // Several calls at the same time may all have passed the first check.
    this.#refuseMore(call);
    const follower: Follower = {
      call,
      waiting: [encodeEvent({ event: 'following', data: {} })],
      dropped: 0,
      unread: 0,
      isOver: false,
      wake: () => {},
      stop: () => {},
    };
    follower.stop = gateway.follow(filter, (news) => tell(follower, news));
    this.#followers.add(follower);
    this.#cancelTick ??= this.#options.clock.after(second, () => this.#tick());
    return follower;
  }

  #end(follower: Follower): void {
    if (!this.#followers.delete(follower)) return;
    follower.isOver = true;
    follower.stop();
    follower.wake();
  }

  #tick(): void {
    this.#cancelTick = undefined;
    this.#seconds += 1;
    for (const follower of this.#followers) {
      if (this.#seconds % secondsPerHeartbeat === 0) put(follower, heartbeat);
      // A session may have ended.
      if (this.#seconds % secondsPerCheck === 0) this.#options.check(follower.call).catch(() => this.#end(follower));
      follower.unread = follower.waiting.length === 0 ? 0 : follower.unread + 1;
      if (follower.unread <= longestUnread) continue;
      this.#end(follower);
      follower.call.disconnect();
    }
    if (this.#followers.size > 0 && !this.#isClosed)
      this.#cancelTick = this.#options.clock.after(second, () => this.#tick());
  }
}

function tell(follower: Follower, { requests, dropped }: FollowedRequests): void {
  follower.dropped += dropped;
  for (const request of requests) {
    if (follower.waiting.length >= mostWaiting) follower.dropped += 1;
    else follower.waiting.push(encodeEvent({ event: 'request', data: request }));
  }
  follower.wake();
}

function put(follower: Follower, piece: Uint8Array): void {
  follower.waiting.push(piece);
  follower.wake();
}

/** The next piece; undefined at the end. What was dropped is told of once all that waited has been read. */
async function nextOf(follower: Follower): Promise<Uint8Array | undefined> {
  for (;;) {
    if (follower.isOver) return undefined;
    const piece = follower.waiting.shift();
    follower.unread = 0;
    if (piece !== undefined) return piece;
    if (follower.dropped > 0) {
      const count = follower.dropped;
      follower.dropped = 0;
      return encodeEvent({ event: 'dropped', data: { count } });
    }
    await new Promise<void>((resolve) => {
      follower.wake = resolve;
    });
  }
}
