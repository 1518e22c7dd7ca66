import type { SplitSettings, StickyConfig } from '@sluice/model';
import { randomBytes } from 'node:crypto';
import { callerOf } from '../policy/caller.ts';
import type { Finding } from '../policy/policy.ts';
import type { Head } from '../http1/head.ts';
import { Field } from '../http1/field-names.ts';
import { cookieValue } from './cookie-value.ts';
import { murmur3 } from './murmur3.ts';
import { comparableRule, isTester } from './tester.ts';

/** The versions of a route while a deployment runs. */
export type VersionName = 'stable' | 'candidate';

/** The request that a version is chosen for. */
export interface VersionRequest {
  readonly head: Head;
  /** The client, seen through trusted proxies. */
  readonly clientAddress: string;
  /** Set when the request came without the cookie that names its user: the name that the user gets now. */
  newUser: string | undefined;
  /** Who sends it, once that was found out. */
  readonly finding: Finding | undefined;
}

/**
 * Chooses the version for a request. `probe` is the candidate, too, for a smoke request of the gateway. `identify`: it depends
 * on who sends the request, and has to be asked again when that was found out.
 */
export type ChooseVersion = (request: VersionRequest) => VersionName | 'probe' | 'identify';

/** Randomness; injected for tests. */
export interface Chance {
  /** Evenly spread over 0 (inclusive) to 1 (exclusive). */
  number(): number;
  /** A name that no other user has. */
  userName(): string;
}

/** Buckets that users fall into: a hundredth of a percent is a hundred of them. */
export const bucketCount = 1_000_000;

const chance: Chance = { number: Math.random, userName: () => randomBytes(15).toString('base64url') };

/**
 * How requests are divided: smoke requests by their token, then testers, then the share. A bucket depends on the user
 * and the deployment alone, and the candidate has the buckets below a threshold, so that whoever has it keeps it while
 * its share grows: on every node, after every restart. `identifies`: the route has methods to find out who sends a request.
 */
export function createChooseVersion(
  settings: SplitSettings,
  { number, userName }: Chance = chance,
  identifies = false,
): ChooseVersion {
  const { percentage, sticky, testers, warm, deploymentId } = settings;
  const threshold = Math.round((percentage / 100) * bucketCount);
  const rules = testers.map(comparableRule);
  const probeToken = warm?.probeToken;
  const seed = murmur3(deploymentId, 0);
  const keyOf = sticky === undefined ? undefined : createKeyOf(sticky, userName);
  const asks = identifies && sticky?.by === 'consumer';
  return (request) => {
    const { head, finding } = request;
    if (probeToken !== undefined && head.has(Field.internal) && head.get('sluice-probe') === probeToken) return 'probe';
    for (let i = 0; i < rules.length; i++) if (isTester(head, rules[i])) return 'candidate';
    // All users get the same version, so no user needs a name.
    if (threshold === 0) return 'stable';
    if (threshold === bucketCount) return 'candidate';
    if (asks && finding === undefined) return 'identify';
    // The methods of the stable version have answered, such as with a redirect to a login: it is theirs to the end.
    if (finding?.outcome !== undefined && 'answer' in finding.outcome) return 'stable';
    const place = keyOf === undefined ? number() : murmur3(keyOf(request), seed) / 2 ** 32;
    return place * bucketCount < threshold ? 'candidate' : 'stable';
  };
}

/** The key of the user of a request. Without the header or credentials it is the client's address. */
function createKeyOf(sticky: StickyConfig, userName: () => string): (request: VersionRequest) => string {
  switch (sticky.by) {
    case 'header': {
      const name = sticky.name.toLowerCase();
      return (request) => request.head.get(name) || request.clientAddress;
    }
    case 'cookie': {
      const { name } = sticky;
      return (request) => cookieValue(request.head, name) || (request.newUser = userName());
    }
    case 'consumer':
      return (request) => consumerIn(request) || request.clientAddress;
    case 'client':
      return ({ clientAddress }) => clientAddress;
  }
}

/** Who sends a request, if that is known. On a route without authentication, the credentials stand for their owner. */
function consumerIn({ head, finding }: VersionRequest): string | undefined {
  if (finding === undefined) return head.get('authorization') || head.get('x-api-key');
  const { outcome } = finding;
  return outcome !== undefined && 'identity' in outcome ? callerOf(outcome.identity) : undefined;
}
