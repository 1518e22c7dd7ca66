import type { OwnPolicyConfig, RouteConfig } from '@sluice/model';
import type { Rule } from '@sluice/model/rule';
import type { PolicyDefinition } from './own/define-policy.ts';
import { loadDefinition } from './own/load-definition.ts';
import { OwnPolicy } from './own/own-policy.ts';
import type { OwnOutcome } from './own/own-policy.ts';
import type { Policy, PolicyRequest } from './policy.ts';

/** Told of what goes wrong in the code of users: the module or the policy, the error, and the request that was at hand. */
type OnFailure = (what: string, error: unknown, request?: PolicyRequest) => void;

/** A module of the user, and the policies that were made of it. */
interface OwnModule {
  /** The last version that could be loaded. */
  definition: PolicyDefinition | undefined;
  /** Why it cannot be used; undefined if it can. */
  fault: Error | undefined;
  policies: OwnPolicy[];
}

type Needs = Pick<RouteConfig, 'authentication' | 'authorization' | 'transformations' | 'split'>;

type AuthenticationModules = Awaited<ReturnType<typeof loadAuthentication>>;

/** The modules that policies need besides those of the gateway, each loaded when a route needs it. One for each worker. */
export class PolicyModules {
  readonly #own = new Map<string, OwnModule>();
  readonly #onFailure: OnFailure;
  #compileRule: ((text: string) => Rule) | undefined;
  #authentication: AuthenticationModules | undefined;
  #pathRewrite: ((rewrite: string) => Policy) | undefined;

  constructor(onFailure: OnFailure = () => {}) {
    this.#onFailure = onFailure;
  }

  /** Loads what a route and its candidate need, before they are compiled. `hasLogins`: people log in at some route. */
  async load({ authentication, authorization, transformations, split }: Needs, hasLogins = false): Promise<void> {
    // perf: code takes memory, so workers do without what no route needs: `npm run bench -- --probes memory`.
    if (authentication !== undefined || hasLogins) this.#authentication ??= await loadAuthentication();
    if (authorization?.rule !== undefined) this.#compileRule ??= (await import('@sluice/model/rule')).compileRule;
    if (transformations?.request.rewritePath !== undefined)
      this.#pathRewrite ??= (await import('./path-rewrite.ts')).pathRewrite;
    if (split !== undefined) await this.load(split.candidate);
  }

  /** What finds out who sends a request, for a route that was loaded. */
  get authentication(): AuthenticationModules {
    if (this.#authentication === undefined) throw new Error('the methods of authentication were not loaded');
    return this.#authentication;
  }

  /** Makes the policy of a route that was loaded. */
  pathRewrite(rewrite: string): Policy {
    if (this.#pathRewrite === undefined) throw new Error('the rewriting of paths was not loaded');
    return this.#pathRewrite(rewrite);
  }

  /** Compiles a rule of a route that was loaded. */
  rule(text: string): Rule {
    if (this.#compileRule === undefined) throw new Error('the language of rules was not loaded');
    return this.#compileRule(text);
  }

  /**
   * Loads a version of a module, by its address; undefined forgets the module. Policies that were made of it go on with the new
   * version, or with the one before if the new one cannot be used.
   */
  async put(name: string, address: string | undefined): Promise<void> {
    const known = this.#own.get(name) ?? { definition: undefined, fault: undefined, policies: [] };
    if (address === undefined) return void this.#own.delete(name);
    this.#own.set(name, known);
    try {
      known.definition = await loadDefinition(address);
      known.fault = undefined;
    } catch (error) {
      known.fault = known.definition === undefined ? (error as Error) : undefined;
      return this.#onFailure(name, error);
    }
    known.policies = known.policies.filter(({ isOver }) => !isOver);
    for (const policy of known.policies) this.#replace(name, policy, known.definition);
  }

  /** Makes a policy of a route. Throws when its module cannot be used, or refuses the options. */
  policy({ module, options, timeout }: OwnPolicyConfig, count: (outcome: OwnOutcome) => void): OwnPolicy {
    const known = this.#own.get(module);
    if (known?.definition === undefined) {
      const why = known?.fault?.message ?? 'this node cannot read it; its log says why';
      throw new Error(`the module ${module} of a policy cannot be used: ${why}`, { cause: known?.fault });
    }
    const policy = new OwnPolicy(known.definition, { options, timeout, count, failed: this.#onFailure });
    known.policies = [...known.policies.filter(({ isOver }) => !isOver), policy];
    return policy;
  }

  #replace(name: string, policy: OwnPolicy, definition: PolicyDefinition): void {
    try {
      policy.replace(definition);
    } catch (error) {
      this.#onFailure(name, error);
    }
  }
}

async function loadAuthentication() {
  const { createMethod } = await import('./authentication/methods.ts');
  const { forwardedIdentity } = await import('./forwarded-identity.ts');
  return { createMethod, forwardedIdentity };
}
