import type { Identity } from './policy.ts';

/**
 * What makes a caller the same one, whatever token or key it sends: the consumer, or else the subject with who vouches for it. No
 * two callers have the same text.
 */
export function callerOf({ consumerId, authority, method, subject }: Identity): string {
  return consumerId === undefined ? `${JSON.stringify(authority ?? method)} ${subject}` : `consumer ${consumerId}`;
}
