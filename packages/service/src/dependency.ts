import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { messageOf } from './caught-error.ts';

export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy';

/** Something that a process relies on, by its last check. */
export interface Dependency {
  /** Such as `store`; each of several key sets has a name of its own. */
  readonly name: string;
  /** `degraded`: not all that is asked of it works. */
  readonly status: HealthStatus;
  /** How long the last check took; absent before the first. */
  readonly response_time_ms?: number | undefined;
  /** How long ago the last check ended; absent before the first. */
  readonly ageSeconds?: number | undefined;
  /** What is wrong, as it was said; absent while it is healthy. */
  readonly reason?: string | undefined;
  /** Where it is. */
  readonly address?: string | undefined;
}

/** A check that takes longer is a failure, even if it has not ended. In milliseconds. */
const lateMs = 5_000;

/** Remembers the last check of a dependency. Health is read from it, so that no reader of health makes a check. */
export class LastCheck {
  readonly #clock: Clock;
  #beganAt: number | undefined;
  #last: { readonly endedAt: number; readonly tookMs: number; readonly failure: string | undefined } | undefined;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Whether a check is under way. */
  get isRunning(): boolean {
    return this.#beganAt !== undefined;
  }

  /** Makes a check, one at a time; rejects as it does. */
  async run<T>(check: () => Promise<T>): Promise<T> {
    const beganAt = this.#clock.monotonic();
    this.#beganAt = beganAt;
    try {
      const answer = await check();
      this.#end(beganAt, undefined);
      return answer;
    } catch (error) {
      this.#end(beganAt, messageOf(error));
      throw error;
    }
  }

  health(name: string): Dependency {
    const now = this.#clock.monotonic();
    const waitedMs = this.#beganAt === undefined ? 0 : now - this.#beganAt;
    if (waitedMs > lateMs) {
      return { name, status: 'unhealthy', ...times(waitedMs, 0), reason: 'no answer in time' };
    }
    if (this.#last === undefined) return { name, status: 'healthy' };
    const { endedAt, tookMs, failure } = this.#last;
    const checked = times(tookMs, now - endedAt);
    if (failure === undefined) return { name, status: 'healthy', ...checked };
    return { name, status: 'unhealthy', ...checked, reason: failure };
  }

  #end(beganAt: number, failure: string | undefined): void {
    const endedAt = this.#clock.monotonic();
    this.#beganAt = undefined;
    this.#last = { endedAt, tookMs: endedAt - beganAt, failure };
  }
}

/** When something was checked, as its health shows it. */
export function times(tookMs: number, ageMs: number): Pick<Dependency, 'response_time_ms' | 'ageSeconds'> {
  const ageSeconds = Math.round(Math.max(0, ageMs) / 100) / 10;
  return { response_time_ms: Math.round(tookMs * 100) / 100, ageSeconds };
}

/** What servers and the system say, and what of it everybody may know. The first that fits counts. */
const kinds: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED|connection refused/i, 'it refuses connections'],
  [/ENOTFOUND|EAI_AGAIN|getaddrinfo/, 'its name cannot be looked up'],
  [/EHOSTUNREACH|ENETUNREACH|EHOSTDOWN/, 'it cannot be reached'],
  [/WRONGPASS|NOAUTH|NOPERM|authentication|unauthorized|permission denied|EACCES/i, 'it refuses access'],
  [/READONLY|MASTERDOWN|read-only|readonly/i, 'it accepts no changes'],
  [/ENOSPC|disk is full|disk full/i, 'its disk is full'],
  [/certificate|self-signed|\bTLS\b|\bSSL\b/i, 'its certificate or its TLS is not accepted'],
  [/ETIMEDOUT|timed? ?out|in time|no answer within/i, 'no answer in time'],
  [/no connection yet/, 'no connection yet'],
  [/ECONNRESET|EPIPE|closed|ended|terminated|disconnect/i, 'the connection was lost'],
];

/** What everybody may read of it: no address, and no text of an error, which often names one. Both are in the log. */
export function openDependency({ name, status, response_time_ms, ageSeconds, reason }: Dependency): Dependency {
  const open = { name, status, response_time_ms, ageSeconds };
  return reason === undefined ? open : { ...open, reason: openReason(reason) };
}

/** Why something failed, without the address that an error often names. */
export function openReason(failure: string): string {
  return kinds.find(([pattern]) => pattern.test(failure))?.[1] ?? 'it failed: the log says why';
}
