import type { ErrorCode } from '@sluice/model';
import type { RetryPolicyConfig } from '@sluice/model';

/** How an attempt failed. */
export interface Failure {
  readonly code: Extract<
    ErrorCode,
    'BAD_GATEWAY' | 'BAD_RESPONSE' | 'GATEWAY_TIMEOUT' | 'POOL_EXHAUSTED' | 'SHARE_EXCEEDED'
  >;
  /** What happened, for the log; never shown to clients. */
  readonly reason: string;
  /**
   * How far the request had come: `not-sent` (no byte left us), `stale-connection` (an idle connection turned out closed, no byte of
   * an answer came) or `sent` (the backend may have acted on it).
   */
  readonly stage: 'not-sent' | 'stale-connection' | 'sent';
}

/** What decides whether to try again. */
export interface RetryState {
  readonly method: string;
  /** Whether the whole request can be sent again. */
  readonly replayable: boolean;
  /** Attempts made so far, at least 1. */
  readonly attempts: number;
  readonly policy: RetryPolicyConfig | undefined;
}

/** The most attempts for a request that was not sent, on routes without a retry policy: another backend may be up. */
const notSentAttempts = 3;

/** Methods whose repetition has no further effect (RFC 9110 §9.2.2). */
const idempotentMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** Whether a request with this method may be sent again after a backend may have acted on it. */
export function isIdempotent(method: string): boolean {
  return idempotentMethods.has(method);
}

/**
 * Whether a failed attempt may be repeated: `free` when it adds no load to a backend, `budget` when it needs the retry
 * budget's consent, `no` otherwise. A request that a backend may have acted on is only repeated when its method is
 * idempotent.
 */
export function mayRetry(failure: Failure, facts: RetryState): 'free' | 'budget' | 'no' {
  if (!facts.replayable || failure.code === 'POOL_EXHAUSTED') return 'no';
  if (failure.stage === 'not-sent') {
    return facts.attempts < (facts.policy?.maxAttempts ?? notSentAttempts) ? 'free' : 'no';
  }
  if (!isIdempotent(facts.method)) return 'no';
  if (failure.stage === 'stale-connection' && facts.attempts < notSentAttempts) return 'free';
  return facts.policy !== undefined && facts.attempts < facts.policy.maxAttempts ? 'budget' : 'no';
}

/** Whether a response with this status may be thrown away and asked for again. */
export function mayRetryStatus(status: number, facts: RetryState): boolean {
  const { policy } = facts;
  if (policy === undefined || !policy.retryableStatusCodes.includes(status)) return false;
  return facts.replayable && isIdempotent(facts.method) && facts.attempts < policy.maxAttempts;
}

/** Milliseconds to wait before attempt `attempts + 1`: exponential, with full jitter so that retries do not march in step. */
export function retryDelay(policy: RetryPolicyConfig | undefined, attempts: number, random: () => number): number {
  if (policy === undefined) return 0;
  const ceiling = Math.min(policy.maxDelay, policy.initialDelay * policy.backoffMultiplier ** (attempts - 1));
  return ceiling * random();
}
