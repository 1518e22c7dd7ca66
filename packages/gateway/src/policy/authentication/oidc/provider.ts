import type { OidcMethodConfig } from '@sluice/model';
import { codeOf } from '@sluice/service/caught-error';
import type * as Library from 'openid-client';
import { HelperError } from '../../helper/helper-error.ts';
import type { Asking, Helper } from '../../helper/helper.ts';
import type { Secret } from '../../secret-texts.ts';

/** The provider cannot be asked, or its answer is not valid. The message repeats nothing of what was sent. */
export class ProviderAway extends Error {
  override readonly name = 'ProviderAway';
}

/** The provider said no: to a login, a code or a refresh token. */
export class ProviderRefusal extends Error {
  override readonly name = 'ProviderRefusal';
}

/** What the first half of a login leaves for the second. */
export interface PendingGrant {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** What a login or a refresh brings. */
export interface Grant {
  readonly claims: Readonly<Record<string, unknown>> | undefined;
  readonly idToken: string | undefined;
  readonly refreshToken: string | undefined;
  /** How long the access token is valid, in seconds. */
  readonly expiresIn: number | undefined;
}

type Settings = Pick<OidcMethodConfig, 'issuer' | 'clientId' | 'scopes' | 'afterLogout'>;

/** How long the metadata of the provider is used before it is read again, in milliseconds. */
const metadataMs = 3_600_000;
/** How far the clocks of provider and node may differ, in seconds. */
const clockSkew = 30;

interface Metadata {
  readonly library: typeof Library;
  readonly server: Library.ServerMetadata;
  readonly readAt: number;
}

/** The OpenID provider of a login. Methods reject with a ProviderAway or a ProviderRefusal. */
export class Provider {
  readonly #settings: Settings;
  readonly #secret: Secret | undefined;
  readonly #helper: Pick<Helper, 'ask'>;
  readonly #now: () => number;
  #metadata: Metadata | undefined = undefined;
  #reading: Promise<Metadata> | undefined = undefined;

  constructor(settings: Settings, { secret, helper, now }: ProviderContext) {
    this.#settings = settings;
    this.#secret = secret;
    this.#helper = helper;
    this.#now = now;
  }

  /** Begins a login: where the browser is to go. */
  begin(redirectUri: string, asking: Asking): Promise<PendingGrant & { readonly location: string }> {
    return this.#withClient(asking, async (library, client) => {
      const pending = {
        state: library.randomState(),
        nonce: library.randomNonce(),
        verifier: library.randomPKCECodeVerifier(),
      };
      const url = library.buildAuthorizationUrl(client, {
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: this.#settings.scopes.join(' '),
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: await library.calculatePKCECodeChallenge(pending.verifier),
        code_challenge_method: 'S256',
      });
      return { ...pending, location: url.href };
    });
  }

  /** Exchanges the code in the query of a callback. The library checks state, nonce and issuer (RFC 9207). */
  finish(callback: URL, { state, nonce, verifier }: PendingGrant, asking: Asking): Promise<Grant> {
    return this.#withClient(asking, async (library, client) => {
      const tokens = await library.authorizationCodeGrant(client, callback, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      return grantOf(tokens);
    });
  }

  refresh(refreshToken: string, asking: Asking): Promise<Grant> {
    return this.#withClient(asking, async (library, client) =>
      grantOf(await library.refreshTokenGrant(client, refreshToken)),
    );
  }

  /** Where a browser logs out at the provider; undefined if the provider has no such place. */
  endSession(publicOrigin: string, idToken: string | undefined, asking: Asking): Promise<string | undefined> {
    return this.#withClient(asking, (library, client) => {
      if (client.serverMetadata().end_session_endpoint === undefined) return undefined;
      const { afterLogout } = this.#settings;
      return library.buildEndSessionUrl(client, {
        ...(idToken !== undefined && { id_token_hint: idToken }),
        ...(afterLogout !== undefined && { post_logout_redirect_uri: publicOrigin + afterLogout }),
      }).href;
    });
  }

  /** The client has no keys in its memory: they are fetched for each grant, so that a rotation is seen at once. */
  async #withClient<T>(
    asking: Asking,
    use: (library: typeof Library, client: Library.Configuration) => T | Promise<T>,
  ): Promise<T> {
    const { library, server } = await this.#known(asking);
    const { clientId, issuer } = this.#settings;
    const metadata = { [library.clockTolerance]: clockSkew };
    const client = new library.Configuration({ ...server }, clientId, metadata, this.#proof(library));
    library.enableNonRepudiationChecks(client);
    if (issuer.startsWith('http:')) library.allowInsecureRequests(client);
    client[library.customFetch] = this.#fetchFor(asking);
    try {
      return await use(library, client);
    } catch (error) {
      throw asFailure(library, error);
    }
  }

  /** The metadata, read again when they are old, by one request for all. While that fails, the old ones are used. */
  async #known(asking: Asking): Promise<Metadata> {
    const before = this.#metadata;
    if (before !== undefined && this.#now() - before.readAt < metadataMs) return before;
    this.#reading ??= this.#discover(asking).finally(() => (this.#reading = undefined));
    try {
      return (this.#metadata = await this.#reading);
    } catch (error) {
      if (before !== undefined) return before;
      throw error;
    }
  }

  async #discover(asking: Asking): Promise<Metadata> {
    const library = await loadLibrary();
    const server = new URL(this.#settings.issuer);
    // The schema allows plain HTTP only to this machine.
    const execute = server.protocol === 'http:' ? [library.allowInsecureRequests] : [];
    const options = { execute, [library.customFetch]: this.#fetchFor(asking) };
    try {
      const found = await library.discovery(server, this.#settings.clientId, undefined, library.None(), options);
      return { library, server: found.serverMetadata(), readAt: this.#now() };
    } catch (error) {
      throw asFailure(library, error);
    }
  }

  /** RFC 6749 §2.3.1: by HTTP Basic, or in the body to a provider that says it does not take Basic. */
  #proof(library: typeof Library): Library.ClientAuth {
    if (this.#secret === undefined) return library.None();
    const { text } = this.#secret;
    if (text === undefined) throw new ProviderAway('the secret of the client cannot be read');
    const [basic, post] = [library.ClientSecretBasic(text), library.ClientSecretPost(text)];
    return (server, ...rest) => {
      const methods = server.token_endpoint_auth_methods_supported;
      return methods?.includes('client_secret_basic') === false ? post(server, ...rest) : basic(server, ...rest);
    };
  }

  #fetchFor(asking: Asking): Library.CustomFetch {
    return async (url, { method, headers, body }) => {
      if (method !== 'GET' && method !== 'POST') throw new ProviderAway(`${method} is not sent to a provider`);
      const text = body === undefined || body === null ? {} : { body: textOf(body) };
      const answer = await this.#helper.ask({ url: new URL(url), method, headers, ...text }, asking);
      const fields = ['content-type', 'www-authenticate', 'date'].flatMap((name) =>
        answer.fields(name).map((value): [string, string] => [name, value]),
      );
      const isEmpty = answer.status === 204 || answer.status === 304;
      return new Response(isEmpty ? null : new Uint8Array(answer.body), { status: answer.status, headers: fields });
    };
  }
}

export interface ProviderContext {
  readonly secret: Secret | undefined;
  readonly helper: Pick<Helper, 'ask'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

function grantOf(tokens: Awaited<ReturnType<typeof Library.refreshTokenGrant>>): Grant {
  return {
    claims: tokens.claims(),
    idToken: tokens.id_token,
    refreshToken: tokens.refresh_token,
    expiresIn: tokens.expiresIn(),
  };
}

function textOf(body: unknown): string {
  if (typeof body === 'string' || body instanceof URLSearchParams) return body.toString();
  throw new ProviderAway('a question to the provider has a body that cannot be sent');
}

async function loadLibrary(): Promise<typeof Library> {
  try {
    return await import('openid-client');
  } catch (error) {
    if (codeOf(error) !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ProviderAway('the method oidc needs a package: npm install openid-client');
  }
}

/** Codes and tokens are secrets, so errors of the library are not repeated. */
function asFailure(library: typeof Library, error: unknown): Error {
  if (error instanceof ProviderAway) return error;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof HelperError) return new ProviderAway(cause.message);
  if (error instanceof library.AuthorizationResponseError)
    return new ProviderRefusal(`the provider refused the login: ${word(error.error)}`);
  if (error instanceof library.ResponseBodyError) {
    const text = `the provider answered with the error ${word(error.error)}`;
    return error.error === 'invalid_grant' ? new ProviderRefusal(text) : new ProviderAway(text);
  }
  const code = codeOf(error);
  return new ProviderAway(`the answer of the provider is not valid${code === undefined ? '' : ` (${word(code)})`}`);
}

function word(text: string): string {
  return /^[\w.-]{1,64}$/.test(text) ? text : 'unknown';
}
