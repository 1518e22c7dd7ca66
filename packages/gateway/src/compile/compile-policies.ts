import type { AuthenticationConfig, RouteConfig } from '@sluice/model';
import { authentication } from '../policy/authentication/authentication.ts';
import type { Authenticator } from '../policy/authentication/authenticator.ts';
import { authorization } from '../policy/authorization.ts';
import { adaptiveConcurrency } from '../policy/adaptive-concurrency.ts';
import { concurrency } from '../policy/concurrency.ts';
import { headerEdits } from '../policy/header-edits.ts';
import { inFlightLimit } from '../policy/in-flight-limit.ts';
import type { KeptParts } from '../policy/kept-parts.ts';
import type { LimitStores } from '../policy/rate-limit/scoped-limits.ts';
import { NodeLimits, systemClocks } from '../policy/rate-limit/node-limits.ts';
import { addressGuard } from '../policy/rate-limit/address-guard.ts';
import { rateLimit } from '../policy/rate-limit/rate-limit.ts';
import { policyStages } from '../policy/policy.ts';
import type { Policy } from '../policy/policy.ts';
import type { OwnOutcome, OwnPolicy } from '../policy/own/own-policy.ts';
import { PolicyModules } from '../policy/policy-modules.ts';
import type { SecretTexts } from '../policy/secret-texts.ts';
import { placeOfOutcome } from '../state/index.ts';
import type { NodeState } from '../state/index.ts';

/** What a policy may use besides the configuration of its route. */
export interface PolicyContext {
  readonly state: NodeState;
  /** By default no secrets are known. */
  readonly secrets?: SecretTexts;
  /** The files that policies name. `texts.of(name)` is to be held: its text follows the file. By default none are known. */
  readonly texts?: SecretTexts;
  /** What outlives swaps; by default nothing does. */
  readonly parts?: KeptParts;
  /** The methods of the route, if it has authentication. */
  readonly authenticator?: Authenticator | undefined;
  /** How the other version of the route finds out who sends a request, while a deployment runs. */
  readonly otherAuthentication?: AuthenticationConfig | undefined;
  /** Whether people log in at any route of the node. */
  readonly hasLogins?: boolean | undefined;
  /** What was loaded for the policies; by default nothing. */
  readonly modules?: PolicyModules;
  /** Where callers are counted against rate limits; by default in the memory of the node, by the clocks of this thread. */
  readonly limits?: LimitStores;
  /** The slot in which the route, both versions together, is counted. */
  readonly slot: number;
  /** The slots in which the policies of the user's own count. */
  readonly policySlots?: readonly number[] | undefined;
  /** The slot in which the route counts its requests in flight. */
  readonly limitSlot: number;
  /** The node's clock, coarse, in milliseconds. */
  readonly now: () => number;
}

/** Makes a policy, if the route has it. */
type CreatePolicy = (config: RouteConfig, context: PolicyContext) => Policy | undefined;

/** Every policy. Those of one stage run in this order. */
const policies: readonly CreatePolicy[] = [
  ({ rateLimit: config, routeId, authentication: methods, policies: own }, context) => {
    const { state, slot, limits: stores = limitsOfThread(state) } = context;
    // Without any, there are no credentials.
    if (methods === undefined && own === undefined) return undefined;
    return config && addressGuard(routeId, config, { stores, state, slot });
  },
  ({ authentication: config }, { authenticator, state, slot }) =>
    config &&
    authenticator &&
    authentication(authenticator, config.anonymous, (outcome) => state.policyCounts.add(slot, placeOfOutcome(outcome))),
  ({ authorization: config }, { state, slot, modules = new PolicyModules() }) =>
    config &&
    authorization(config, { state, slot, rule: config.rule === undefined ? undefined : modules.rule(config.rule) }),
  ({ concurrency: config, routeId }, { state, slot }) => config && concurrency(routeId, config, { state, slot }),
  ({ rateLimit: config, routeId }, { state, slot, limits: stores = limitsOfThread(state) }) =>
    config && rateLimit(routeId, config, { stores, state, slot }),
  ({ maxConcurrentRequests: limit }, { state, limitSlot }) =>
    limit > 0 ? inFlightLimit(state, limitSlot, limit) : undefined,
  ({ adaptiveConcurrency: config }, { state, slot, now }) =>
    config && adaptiveConcurrency(config, { state, slot }, now),
  ({ authentication: config }, { otherAuthentication: other, hasLogins, modules = new PolicyModules() }) =>
    config !== undefined || other !== undefined || hasLogins === true
      ? modules.authentication.forwardedIdentity(config, other, hasLogins)
      : undefined,
  ({ transformations }, { modules = new PolicyModules() }) => {
    const rewrite = transformations?.request.rewritePath;
    return rewrite === undefined ? undefined : modules.pathRewrite(rewrite);
  },
  ({ transformations }, { secrets }) => transformations && headerEdits(transformations, secrets),
];

function limitsOfThread(state: NodeState): LimitStores {
  return { node: new NodeLimits(state, systemClocks), global: undefined };
}

/** The policies of a route, in the order of their stages. */
export function compilePolicies(config: RouteConfig, context: PolicyContext): Policy[] {
  const builtIn = policies.map((create) => create(config, context)).filter((policy) => policy !== undefined);
  return [...builtIn, ...ownPolicies(config, context)].toSorted(
    (a, b) => policyStages.indexOf(a.stage) - policyStages.indexOf(b.stage),
  );
}

/** The policies of the user's own. When one cannot be made, those before it are given back. */
function ownPolicies(
  { policies: configs = [] }: RouteConfig,
  { state, modules = new PolicyModules(), policySlots = [] }: PolicyContext,
): OwnPolicy[] {
  const made: OwnPolicy[] = [];
  try {
    for (const [index, config] of configs.entries()) {
      const count = (outcome: OwnOutcome): void => state.policyCounts.add(policySlots[index], ownPlaces[outcome]);
      made.push(modules.policy(config, count));
    }
  } catch (error) {
    for (const policy of made) policy.giveBack();
    throw error;
  }
  return made;
}

const ownPlaces: Readonly<Record<OwnOutcome, number>> = {
  answered: placeOfOutcome('own answered'),
  failed: placeOfOutcome('own failed'),
  timed_out: placeOfOutcome('own timed_out'),
};
