import { addressBlock } from '../../state/index.ts';
import { callerOf } from '../caller.ts';
import type { PolicyRequest } from '../policy.ts';

/** Says by what a request is counted. */
export type LimitKey = (request: PolicyRequest) => string;

/**
 * Reads `keyBy` of a limit. A request that lacks the key counts by its caller, and one without identity by its client
 * address: to leave a header out must not be a way around the limit, and many who have no key must not share one count.
 */
export function createLimitKey(keyBy: string): LimitKey {
  const name = keyBy.slice(keyBy.indexOf(':') + 1);
  if (keyBy.startsWith('Header:')) {
    const lowerCaseName = name.toLowerCase();
    return (request) => ofKind('header', request.header(lowerCaseName), request);
  }
  if (keyBy.startsWith('Claim:')) return (request) => ofKind('claim', claimOf(request, name), request);
  switch (keyBy) {
    case 'Route':
      return () => '';
    case 'Consumer':
      return callerOrAddress;
    case 'ApiKey':
      return (request) => ofKind('key', request.identity?.keyId, request);
    case 'Organization':
      return (request) => ofKind('organization', request.identity?.organization, request);
    default:
      return addressOf;
  }
}

/** `keyBy` as it names a count: names of headers have no case. */
export function keyName(keyBy: string): string {
  return keyBy.startsWith('Header:') ? keyBy.toLowerCase() : keyBy;
}

// The kind stands in front, so that a value of one kind is never taken for one of another. NUL is in no header.
function ofKind(kind: string, value: string | undefined, request: PolicyRequest): string {
  return value === undefined || value === '' ? callerOrAddress(request) : `${kind}\0${value}`;
}

/** The caller, or the address of one without a name. */
function callerOrAddress(request: PolicyRequest): string {
  const { identity } = request;
  return (identity && callerOf(identity)) ?? addressOf(request);
}

function addressOf({ clientAddress }: PolicyRequest): string {
  return `address\0${addressBlock(clientAddress)}`;
}

function claimOf({ identity }: PolicyRequest, name: string): string | undefined {
  if (identity === undefined || !Object.hasOwn(identity.claims, name)) return undefined;
  const value = identity.claims[name];
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? undefined : JSON.stringify(value);
}
