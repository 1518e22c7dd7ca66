import type { RouteConfig } from '@sluice/model';
import { headerEdits } from '../policy/header-edits.ts';
import { inFlightLimit } from '../policy/in-flight-limit.ts';
import { pathRewrite } from '../policy/path-rewrite.ts';
import { policyStages } from '../policy/policy.ts';
import type { Policy } from '../policy/policy.ts';
import type { SecretTexts } from '../policy/secret-texts.ts';
import type { NodeState } from '../state/index.ts';

/** What a policy may use besides the configuration of its route. */
export interface PolicyContext {
  readonly state: NodeState;
  /** By default no secrets are known. */
  readonly secrets?: SecretTexts;
  /** The files that policies name. `texts.of(name)` is to be held: its text follows the file. By default none are known. */
  readonly texts?: SecretTexts;
  /** The slot in which the route counts its requests in flight. */
  readonly limitSlot: number;
}

/** Makes a policy, if the route has it. */
type CreatePolicy = (config: RouteConfig, context: PolicyContext) => Policy | undefined;

/** Every policy. Those of one stage run in this order. */
const policies: readonly CreatePolicy[] = [
  ({ maxConcurrentRequests: limit }, { state, limitSlot }) =>
    limit > 0 ? inFlightLimit(state, limitSlot, limit) : undefined,
  ({ transformations }) => {
    const rewrite = transformations?.request.rewritePath;
    return rewrite === undefined ? undefined : pathRewrite(rewrite);
  },
  ({ transformations }, { secrets }) => transformations && headerEdits(transformations, secrets),
];

/** The policies of a route, in the order of their stages. */
export function compilePolicies(config: RouteConfig, context: PolicyContext): Policy[] {
  return policies
    .map((create) => create(config, context))
    .filter((policy) => policy !== undefined)
    .toSorted((a, b) => policyStages.indexOf(a.stage) - policyStages.indexOf(b.stage));
}
