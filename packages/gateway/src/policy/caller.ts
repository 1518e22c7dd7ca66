import type { Identity, PolicyRequest } from './policy.ts';

/**
 * What makes a caller the same one, whatever token or key it sends: the consumer, or else the subject with who vouches for it. No
 * two callers have the same text. Undefined for a caller without a name: nobody can tell it from the others.
 */
export function callerOf({ consumerId, authority, method, subject }: Identity): string | undefined {
  if (consumerId !== undefined) return `consumer ${consumerId}`;
  const voucher = authority ?? method;
  // With the length in front, no part of a subject can pass for a part of who vouches for it.
  return subject === '' ? undefined : `subject ${voucher.length} ${voucher} ${subject}`;
}

/** The tier whose limits hold for a request, and by which its refusals are counted; undefined for a caller without one. */
export function tierOf({ identity }: Pick<PolicyRequest, 'identity'>): string | undefined {
  return identity === undefined ? 'anonymous' : identity.tier;
}
