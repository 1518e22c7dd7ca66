import { exportJWK, generateKeyPair } from 'jose';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';
import type { Grant, HookContext } from 'oidc-provider';

/** Claims of a user at the provider. */
export type Account = Readonly<Record<string, unknown>>;

/** A real OpenID provider in this process. */
export interface RunningProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUrl: string;
  /** By subject; may be changed. */
  readonly accounts: Map<string, Account>;
  /** What a browser does: logs in there as this subject, or refuses; gives the address it is sent back to. */
  browse(url: string, subject: string | undefined): Promise<string>;
  close(): Promise<void>;
}

/** What is special about a provider. */
export interface ProviderOptions {
  readonly port?: number;
  readonly redirectUrl?: string;
  /** Where a browser may come after a logout. */
  readonly afterLogout?: string;
  /** With them, logins bring refresh tokens that work once. */
  readonly accessTokenSeconds?: number;
}

/** Starts the provider on a port of this machine. Claims beside the subject are part of the user info alone. */
export async function startProvider(options: ProviderOptions = {}): Promise<RunningProvider> {
  const client = {
    clientId: 'sluice',
    clientSecret: 'the secret of the client',
    redirectUrl: options.redirectUrl ?? 'http://127.0.0.1:5000/callback',
  };
  const accounts = new Map<string, Account>();
  let subject: string | undefined;
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/interaction/') !== true) return answer(request, response);
    const refused = { error: 'access_denied', error_description: 'not today' };
    const result = subject === undefined ? refused : { login: { accountId: subject } };
    provider.interactionFinished(request, response, result).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => {
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, await configure(client, accounts, options));
  const answer = provider.callback();
  return {
    issuer,
    ...client,
    accounts,
    browse(url, as) {
      subject = as;
      return follow(url, client.redirectUrl);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function configure(
  client: { readonly clientId: string; readonly clientSecret: string; readonly redirectUrl: string },
  accounts: ReadonlyMap<string, Account>,
  { accessTokenSeconds, afterLogout }: ProviderOptions,
): Promise<object> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return {
    clients: [
      {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        redirect_uris: [client.redirectUrl],
        response_types: ['code'],
        post_logout_redirect_uris: afterLogout === undefined ? [] : [afterLogout],
        grant_types: [
          'authorization_code',
          'client_credentials',
          ...(accessTokenSeconds === undefined ? [] : ['refresh_token']),
        ],
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256' }] },
    cookies: { keys: ['a key for cookies'] },
    ttl: {
      Interaction: 600,
      Grant: 600,
      Session: 600,
      AccessToken: accessTokenSeconds ?? 600,
      IdToken: 600,
      RefreshToken: 600,
    },
    issueRefreshToken: () => accessTokenSeconds !== undefined,
    rotateRefreshToken: true,
    claims: { openid: ['sub'], profile: ['preferred_username', 'roles', 'realm_access'], email: ['email'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      // A token that is asked for with `resource=urn:NAME` is a JWT for the audience NAME.
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_: unknown, resource: string) => ({
          scope: 'orders:read api:write',
          audience: resource.replace('urn:', ''),
          accessTokenFormat: 'jwt',
        }),
      },
    },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_: unknown, accountId: string) => ({
      accountId,
      claims: () => ({ sub: accountId, ...accounts.get(accountId) }),
    }),
    async loadExistingGrant({ oidc }: HookContext): Promise<Grant> {
      const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope('openid profile email');
      await grant.save();
      return grant;
    },
  };
}

/** Follows redirects as a browser with cookies does, until one leads back to the client. */
async function follow(start: string, end: string): Promise<string> {
  const cookies = new Map<string, string>();
  let url = start;
  for (let step = 0; step < 10; step += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) throw new Error(`the provider answered ${response.status}: ${await response.text()}`);
    url = new URL(location, url).href;
    if (url.startsWith(end)) return url;
  }
  throw new Error('the provider redirects without end');
}
