import type { AuthenticationMethodConfig, ExternalMethodConfig } from '@sluice/model';
import type { PolicyRequest } from '../policy.ts';
import type { NodeState } from '../../state/index.ts';
import { Helper } from '../helper/helper.ts';
import type { KeptParts } from '../kept-parts.ts';
import type { SecretTexts } from '../secret-texts.ts';
import { apiKey, takeOffKeys } from './api-key.ts';
import { basic, takeOffPassword } from './basic.ts';
import type { ConsumerLookup } from './consumer-lookup.ts';
import { external, ExternalDecisions, takeOffForwarded } from './external.ts';
import { jwt } from './jwt/jwt.ts';
import type { JwtContext } from './jwt/jwt.ts';
import type { AuthenticationMethod } from './method.ts';
import { Passwords } from './passwords.ts';

/** What a method may use besides its own settings. */
export interface MethodContext {
  readonly state: Pick<NodeState, 'helpers'>;
  /** What outlives swaps. */
  readonly parts: KeptParts;
  readonly consumers: ConsumerLookup;
  /** The files that policies name. */
  readonly texts: SecretTexts;
  readonly jwt: JwtContext;
}

/** Makes a method by its type. */
export function createMethod(config: AuthenticationMethodConfig, context: MethodContext): AuthenticationMethod {
  switch (config.type) {
    case 'apiKey':
      return apiKey(config, context.consumers);
    case 'basic':
      return basic({
        file: context.texts.of(config.usersFile),
        passwords: context.parts.of('passwords', '', () => new Passwords()),
        consumers: context.consumers,
      });
    case 'external':
      return external(context.parts.of('external', config, () => externalDecisions(config, context)));
    case 'jwt':
      return jwt(config, context.jwt, context.parts);
  }
}

function externalDecisions(config: ExternalMethodConfig, context: MethodContext): ExternalDecisions {
  return new ExternalDecisions(config, { helper: helperFor(config, context), now: Date.now });
}

/** The client of the server that a method asks. */
function helperFor({ type, timeout, caFile }: HelperSettings, { state, texts }: MethodContext): Helper {
  const authorities = caFile === undefined ? undefined : texts.of(caFile);
  return new Helper({ kind: type, counts: state.helpers, timeoutMs: timeout, authorities });
}

type HelperSettings = Pick<ExternalMethodConfig, 'type' | 'timeout' | 'caFile'>;

/**
 * What takes the credentials of a method off a request before a backend gets it; undefined when they are for backends, too. It
 * depends on the configuration alone: it runs for each request, whichever method decided, and for mirrored requests.
 */
export function takeOff(config: AuthenticationMethodConfig): ((request: PolicyRequest) => void) | undefined {
  switch (config.type) {
    case 'apiKey':
      return takeOffKeys(config);
    case 'basic':
      return takeOffPassword;
    case 'external':
      return takeOffForwarded(config);
    case 'jwt':
      return undefined;
  }
}
