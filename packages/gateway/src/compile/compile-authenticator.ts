import type { RouteConfig } from '@sluice/model';
import { Authenticator } from '../policy/authentication/authenticator.ts';
import type { ConsumerLookup } from '../policy/authentication/consumer-lookup.ts';
import { AllFetchedKeys } from '../policy/authentication/jwt/fetched-keys.ts';
import { KeptParts } from '../policy/kept-parts.ts';
import { PolicyModules } from '../policy/policy-modules.ts';
import { SecretTexts } from '../policy/secret-texts.ts';
import type { NodeState } from '../state/index.ts';
import { settingsDigest } from './settings-digest.ts';

/** What finding out who sends a request needs besides the configuration. */
export interface AuthenticatorContext {
  readonly state: NodeState;
  /** What outlives swaps; by default nothing does. */
  readonly parts?: KeptParts;
  /** By default those of the node. */
  readonly consumers?: ConsumerLookup;
  /** By default none are known. */
  readonly texts?: SecretTexts;
  /** The key sets that the main thread fetches; by default none are. */
  readonly fetched?: AllFetchedKeys;
  /** What was loaded for policies; by default nothing. */
  readonly modules?: PolicyModules;
  /** Taken if it is for the same methods. */
  readonly authenticator?: Authenticator | undefined;
}

/** The methods of a route. Two versions of it with the same methods find out the same. */
export function compileAuthenticator(
  { authentication: config, hosts, pathPattern }: Pick<RouteConfig, 'authentication' | 'hosts' | 'pathPattern'>,
  context: AuthenticatorContext,
): Authenticator | undefined {
  if (config === undefined) return undefined;
  const { state, consumers = state.consumers, texts = new SecretTexts(), parts = new KeptParts() } = context;
  const { fetched = new AllFetchedKeys(() => {}), modules = new PolicyModules() } = context;
  const key = settingsDigest(config.methods);
  if (context.authenticator?.key === key) return context.authenticator;
  const around = { state, consumers, texts, parts, fetched, hosts, pathPattern };
  const methods = config.methods.map((method) => modules.authentication.createMethod(method, around));
  return new Authenticator(key, methods);
}
