import type { ConsumerBody } from './collections.ts';
import type { ConsumerPatch } from './consumer.ts';
import { InvalidInputError } from './errors.ts';
import { checkLine, futureTime } from './fields.ts';

const mostScopes = 100;

/** The given fields as they are stored. Throws an InvalidInputError that names the first bad one. */
export function consumerFields(given: ConsumerPatch, now: number): Partial<ConsumerBody> {
  const { name, organization, tier, scopes, isEnabled, expiresAt } = given;
  if ((scopes?.length ?? 0) > mostScopes)
    throw new InvalidInputError('scopes', `must have at most ${mostScopes} entries`);
  for (const [index, scope] of (scopes ?? []).entries()) checkLine(`scopes[${index}]`, scope, 1);
  return {
    ...(name === undefined ? {} : { name: checkLine('name', name, 1) }),
    ...(organization === undefined ? {} : { organization: checkLine('organization', organization, 0) }),
    ...(tier === undefined ? {} : { tier: checkLine('tier', tier, 0) }),
    ...(scopes === undefined ? {} : { scopes: [...new Set(scopes)] }),
    ...(isEnabled === undefined ? {} : { isEnabled }),
    ...(typeof expiresAt === 'string' ? { expiresAt: futureTime('expiresAt', expiresAt, now) } : {}),
  };
}
