import type { OidcMethodConfig, RouteConfig } from '@sluice/model';
import { fixedPath } from '@sluice/model/path-pattern';
import { createHash } from 'node:crypto';
import type { NodeState } from '../../../state/index.ts';
import type { KeptParts } from '../../kept-parts.ts';
import type { SecretTexts } from '../../secret-texts.ts';
import { clientSecret } from '../client-secret.ts';
import { helperFor } from '../helper-for.ts';
import type { AuthenticationMethod } from '../method.ts';
import { oidc } from './oidc.ts';
import type { OidcPaths } from './oidc.ts';
import { Provider } from './provider.ts';
import { Seal } from './seal.ts';
import { Sessions } from './sessions.ts';

interface LoginContext extends Pick<RouteConfig, 'hosts' | 'pathPattern'> {
  readonly state: Pick<NodeState, 'helpers' | 'refreshLeases'>;
  readonly parts: KeptParts;
  readonly texts: SecretTexts;
}

/** Makes the method oidc of a route. What it knows of the provider outlives swaps that leave the method as it is. */
export function oidcLogin(settings: OidcMethodConfig, context: LoginContext): AuthenticationMethod {
  const { texts, parts, state, hosts, pathPattern } = context;
  const client = clientSecret(settings.clientSecret, settings.clientSecretFile, texts);
  // The schema wants one of the two.
  const secret = clientSecret(settings.cookieSecret, settings.cookieSecretFile, texts) ?? client ?? { text: undefined };
  const login = JSON.stringify([settings.issuer, settings.clientId, settings.scopes]);
  const id = createHash('sha256').update(login).digest('hex').slice(0, 8);
  const provider = parts.of('oidc', settings, () => {
    return new Provider(settings, { secret: client, helper: helperFor(settings, context), now: Date.now });
  });
  const seal = new Seal(secret, login);
  const shared = { settings, id, provider, seal, now: Date.now };
  const sessions = new Sessions({ ...shared, leases: state.refreshLeases });
  return oidc({ ...shared, sessions, hosts, paths: pathsOf(settings, fixedPath(pathPattern)) });
}

function pathsOf({ callbackPath, loginPath, logoutPath }: OidcMethodConfig, below: string): OidcPaths {
  return {
    callback: callbackPath ?? `${below}/oidc/callback`,
    login: loginPath ?? `${below}/oidc/login`,
    logout: logoutPath ?? `${below}/oidc/logout`,
  };
}
