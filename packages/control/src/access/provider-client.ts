import type { OidcConfig } from '@sluice/model';
import { codeOf } from '@sluice/service';
import type { Configuration } from 'openid-client';
import type * as Library from 'openid-client';
import { ProviderError, UnauthorizedError } from './errors.ts';

/** What the first half of a login at the provider leaves for the second half. */
export interface PendingGrant {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  readonly redirectUrl: string;
}

/** Claims about a user: those of the ID token, completed with the provider's user info. */
export type Claims = Readonly<Record<string, unknown>> & { readonly iss: string; readonly sub: string };

/** The OpenID provider. Methods reject with a ProviderError when it cannot be reached, or its answer is not valid. */
export interface ProviderClient {
  begin(redirectUrl: string): Promise<PendingGrant & { readonly url: string }>;
  /** Exchanges the code in `query` for claims. Rejects with an UnauthorizedError when the provider refused the login. */
  finish(query: string, pending: PendingGrant): Promise<Claims>;
}

interface Discovered {
  readonly library: typeof Library;
  readonly provider: Configuration;
}

const timeoutSeconds = 10;

/** Makes the client of a provider. Discovery takes place at the first login, and is repeated until it succeeds. */
export function createProviderClient(config: OidcConfig): ProviderClient {
  let discovered: Promise<Discovered> | undefined;
  const discover = (): Promise<Discovered> => {
    discovered ??= discoverProvider(config).catch((error: unknown) => {
      discovered = undefined;
      throw error;
    });
    return discovered;
  };
  return {
    async begin(redirectUrl) {
      const { library, provider } = await discover();
      const pending = {
        state: library.randomState(),
        nonce: library.randomNonce(),
        codeVerifier: library.randomPKCECodeVerifier(),
        redirectUrl,
      };
      const url = library.buildAuthorizationUrl(provider, {
        redirect_uri: redirectUrl,
        scope: 'openid profile email',
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: await library.calculatePKCECodeChallenge(pending.codeVerifier),
        code_challenge_method: 'S256',
      });
      return { ...pending, url: url.href };
    },
    async finish(query, pending) {
      const found = await discover();
      try {
        return await exchange(found, query, pending);
      } catch (error) {
        throw asRefusal(found.library, error);
      }
    },
  };
}

async function exchange(
  { library, provider }: Discovered,
  query: string,
  { state, nonce, codeVerifier, redirectUrl }: PendingGrant,
): Promise<Claims> {
  // Only the query comes from the request. The rest must be the URL that the provider was given.
  const callback = new URL(redirectUrl);
  callback.search = query;
  const tokens = await library.authorizationCodeGrant(provider, callback, {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: codeVerifier,
    idTokenExpected: true,
  });
  const claims = tokens.claims();
  if (claims === undefined) throw new ProviderError('the OpenID provider sent no ID token');
  if (provider.serverMetadata().userinfo_endpoint === undefined) return { ...claims };
  const info = await library.fetchUserInfo(provider, tokens.access_token, claims.sub);
  // Signed claims win.
  return { ...info, ...claims };
}

async function discoverProvider({ issuer, clientId, clientSecret }: OidcConfig): Promise<Discovered> {
  const library = await loadLibrary();
  const server = new URL(issuer);
  // The schema allows plain HTTP only to this machine.
  const execute = [library.enableNonRepudiationChecks];
  if (server.protocol === 'http:') execute.push(library.allowInsecureRequests);
  const options = { execute, timeout: timeoutSeconds };
  const proof = clientSecret === undefined ? library.None() : secretProof(library, clientSecret);
  try {
    return { library, provider: await library.discovery(server, clientId, undefined, proof, options) };
  } catch (error) {
    throw asRefusal(library, error);
  }
}

/** Sends the client secret by HTTP Basic (RFC 6749, section 2.3.1), or in the body to a provider that says it does not take Basic. */
function secretProof(library: typeof Library, clientSecret: string): Library.ClientAuth {
  const basic = library.ClientSecretBasic(clientSecret);
  const post = library.ClientSecretPost(clientSecret);
  return (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported;
    const prove = methods?.includes('client_secret_basic') === false ? post : basic;
    return prove(server, ...rest);
  };
}

async function loadLibrary(): Promise<typeof Library> {
  try {
    return await import('openid-client');
  } catch (error) {
    if (codeOf(error) !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ProviderError('login at an OpenID provider needs a package: npm install openid-client');
  }
}

/** An error that does not repeat what was sent, because codes and tokens are secrets. */
function asRefusal(library: typeof Library, error: unknown): Error {
  if (error instanceof ProviderError) return error;
  if (error instanceof library.AuthorizationResponseError) {
    return new UnauthorizedError(`the OpenID provider refused the login: ${word(error.error)}`);
  }
  if (error instanceof library.ResponseBodyError) {
    return new ProviderError(`the OpenID provider refused the exchange of the code: ${word(error.error)}`);
  }
  const code = codeOf(error);
  const shown = code === undefined ? '' : ` (${word(code)})`;
  return new ProviderError(`the OpenID provider cannot be reached, or its answer is not valid${shown}`);
}

function word(text: string): string {
  return /^[\w.-]{1,64}$/.test(text) ? text : 'unknown';
}
