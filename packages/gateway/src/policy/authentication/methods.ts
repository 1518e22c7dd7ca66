import type {
  AuthenticationMethodConfig,
  ExternalMethodConfig,
  IntrospectionMethodConfig,
  RouteConfig,
} from '@sluice/model';
import type { PolicyRequest } from '../policy.ts';
import type { NodeState } from '../../state/index.ts';
import type { KeptParts } from '../kept-parts.ts';
import type { SecretTexts } from '../secret-texts.ts';
import { apiKey, takeOffKeys } from './api-key.ts';
import { basic, takeOffPassword } from './basic.ts';
import type { ConsumerLookup } from './consumer-lookup.ts';
import { clientSecret } from './client-secret.ts';
import { external, ExternalDecisions } from './external.ts';
import { jwt, jwtContext } from './jwt/jwt.ts';
import type { AllFetchedKeys } from './jwt/fetched-keys.ts';
import { helperFor } from './helper-for.ts';
import { introspection, KnownTokens, longestIntrospection } from './introspection.ts';
import type { AuthenticationMethod } from './method.ts';
import { mtls, takeOffCertificate } from './mtls.ts';
import { Passwords } from './passwords.ts';
import { takeOffCookies } from './oidc/cookies.ts';
import { oidcLogin } from './oidc/oidc-login.ts';

/** What a method may use besides its own settings: among others, what the route matches. */
export interface MethodContext extends Pick<RouteConfig, 'hosts' | 'pathPattern'> {
  readonly state: Pick<NodeState, 'helpers' | 'refreshLeases'>;
  /** What outlives swaps. */
  readonly parts: KeptParts;
  readonly consumers: ConsumerLookup;
  /** The files that policies name. */
  readonly texts: SecretTexts;
  /** The key sets that the main thread fetches. */
  readonly fetched: AllFetchedKeys;
}

/** Makes a method by its type. */
export function createMethod(config: AuthenticationMethodConfig, context: MethodContext): AuthenticationMethod {
  switch (config.type) {
    case 'apiKey':
      return apiKey(config, context.consumers);
    case 'mtls':
      return mtls(config, { file: context.texts.of(config.caFile), consumers: context.consumers, now: Date.now });
    case 'basic':
      return basic({
        file: context.texts.of(config.usersFile),
        passwords: context.parts.of('passwords', '', () => new Passwords()),
        consumers: context.consumers,
      });
    case 'introspection':
      return introspection(context.parts.of('introspection', config, () => knownTokens(config, context)));
    case 'oidc':
      return oidcLogin(config, context);
    case 'external':
      return external(context.parts.of('external', config, () => externalDecisions(config, context)));
    case 'jwt':
      return jwt(config, jwtContext(context, context.parts), context.parts);
  }
}

function externalDecisions(config: ExternalMethodConfig, context: MethodContext): ExternalDecisions {
  return new ExternalDecisions(config, { helper: helperFor(config, context), now: Date.now });
}

function knownTokens(config: IntrospectionMethodConfig, context: MethodContext): KnownTokens {
  const secret = clientSecret(config.clientSecret, config.clientSecretFile, context.texts);
  return new KnownTokens(config, { helper: helperFor(config, context, longestIntrospection), secret, now: Date.now });
}

/**
 * What takes the credentials of a method off a request before a backend gets it; undefined when they are for backends, too. It
 * depends on the configuration alone: it runs for each request, whichever method decided, and for mirrored requests.
 */
export function takeOff(config: AuthenticationMethodConfig): ((request: PolicyRequest) => void) | undefined {
  switch (config.type) {
    case 'apiKey':
      return takeOffKeys(config);
    case 'mtls':
      return takeOffCertificate(config);
    case 'basic':
      return takeOffPassword;
    case 'oidc':
      return takeOffCookies;
    case 'jwt':
    case 'introspection':
    case 'external':
      return undefined;
  }
}
