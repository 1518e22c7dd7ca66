import type { AuthenticationConfig } from '@sluice/model';
import { Authenticator } from '../policy/authentication/authenticator.ts';
import type { ConsumerLookup } from '../policy/authentication/consumer-lookup.ts';
import { createMethod } from '../policy/authentication/methods.ts';
import { KeptParts } from '../policy/kept-parts.ts';
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
  /** Taken if it is for the same methods. */
  readonly authenticator?: Authenticator | undefined;
}

/** The methods of a route. Two versions of it with the same methods find out the same. */
export function compileAuthenticator(
  config: AuthenticationConfig | undefined,
  context: AuthenticatorContext,
): Authenticator | undefined {
  if (config === undefined) return undefined;
  const { state, consumers = state.consumers, texts = new SecretTexts(), parts = new KeptParts() } = context;
  const key = settingsDigest(config.methods);
  if (context.authenticator?.key === key) return context.authenticator;
  const methods = config.methods.map((method) => createMethod(method, { state, consumers, texts, parts }));
  return new Authenticator(key, methods);
}
