import type { ErrorCode } from '@sluice/model';
import type { VersionOutcome } from '../state/index.ts';
import type { Exchange } from './exchange.ts';

/** How an exchange ended, as far as it says something about the version it ran on. */
export type EndedExchange = Pick<Exchange, 'status' | 'errorCode' | 'aborted' | 'ownAnswer'>;

/**
 * Gateway errors that count as failures of a version: its backends failed, none of them could be used, its policies broke, or
 * what they ask is away. All other errors are refusals.
 */
const failures: ReadonlySet<string> = new Set<ErrorCode>([
  'BAD_GATEWAY',
  'BAD_RESPONSE',
  'GATEWAY_TIMEOUT',
  'POOL_EXHAUSTED',
  'NO_BACKEND_AVAILABLE',
  'CIRCUIT_OPEN',
  'INTERNAL_SERVER_ERROR',
  'AUTHENTICATION_UNAVAILABLE',
  'RATE_LIMIT_UNAVAILABLE',
]);

/** What an exchange that has ended says about its version. */
export function versionOutcome({ status, errorCode, aborted, ownAnswer }: EndedExchange): VersionOutcome {
  if (aborted) return 'aborted';
  if (errorCode !== undefined) return failures.has(errorCode) ? 'failed' : 'rejected';
  if (status >= 500) return 'failed';
  if (ownAnswer) return status >= 400 ? 'rejected' : 'ownAnswer';
  return status >= 400 ? 'clientError' : 'answered';
}
