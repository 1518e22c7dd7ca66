import type { Identity } from './policy.ts';

/**
 * What makes a caller the same one, whatever token or key it sends: the consumer, or else the subject with who vouches for it. No
 * two callers have the same text. Undefined for a caller without a name: nobody can tell it from the others.
 */
export function callerOf({ consumerId, authority, method, subject }: Identity): string | undefined {
  if (consumerId !== undefined) return `consumer ${consumerId}`;
  return subject === '' ? undefined : `${JSON.stringify(authority ?? method)} ${subject}`;
}
