import type { FollowedRequest, FollowedRequests, RequestFilter } from '@sluice/model';
import { isFollowed } from '@sluice/model/is-followed';
import { shownMs } from './access-log-entry.ts';
import type { AccessLogEntry } from './access-log-entry.ts';

/** How long requests wait to be told of together, in milliseconds. */
const pauseMs = 200;
/** The most in that time: nobody reads faster, and the worker has other things to do. */
const mostAtOnce = 200;

/** Tells of requests that have ended, while somebody follows them. Without a follower there is none. */
export class RequestTail {
  readonly #filters: readonly RequestFilter[];
  readonly #tell: (news: FollowedRequests) => void;
  readonly #now: () => number;
  #requests: FollowedRequest[] = [];
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(filters: readonly RequestFilter[], tell: (news: FollowedRequests) => void, now: () => number = Date.now) {
    this.#filters = filters;
    this.#tell = tell;
    this.#now = now;
  }

  /** Takes an entry of the access log that somebody follows. Beyond a few hundred a second, they are only counted. */
  take(entry: AccessLogEntry): void {
    if (!this.#filters.some((filter) => isFollowed(filter, entry))) return;
    this.#timer ??= setTimeout(() => this.flush(), pauseMs).unref();
    if (this.#requests.length >= mostAtOnce) this.#dropped++;
    else this.#requests.push(followed(entry, this.#now()));
  }

  /** Tells what waits. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#requests.length === 0) return;
    this.#tell({ requests: this.#requests, dropped: this.#dropped });
    [this.#requests, this.#dropped] = [[], 0];
  }
}

/** Without the query and the headers, which only a format of the access log asks for. */
function followed(entry: AccessLogEntry, at: number): FollowedRequest {
  const { protocol: _protocol, query: _query, headers: _headers, durationMs, ...told } = entry;
  return { time: new Date(at).toISOString(), ...told, durationMs: shownMs(durationMs) };
}
