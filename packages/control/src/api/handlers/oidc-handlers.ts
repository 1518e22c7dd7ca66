import { apiBase, operations } from '@sluice/model/api';
import type { OperationId } from '@sluice/model/api';
import { isListedHost } from '@sluice/service';
import type { OidcLogin } from '../../access/index.ts';
import { accessContext } from '../call.ts';
import type { Call, Handlers } from '../call.ts';
import { Refusal } from '../refusal.ts';
import type { Services } from '../services.ts';

type Ids = Extract<OperationId, `oidc${string}`>;

/** Ties a login to the browser that began it, and remembers where to go afterwards. It gives no access by itself. */
const cookie = 'sluice_oidc';
const cookiePath = `${apiBase}/authentication/oidc`;

/** Login at an OpenID provider. No URL ever contains a token: the browser brings back a code that is good once. */
export function oidcHandlers({ access, config }: Services): Handlers<Ids> {
  const provider = (): OidcLogin => {
    if (access.oidc !== undefined) return access.oidc;
    throw new Refusal('NOT_FOUND', { message: 'Login at an OpenID provider is not configured (access.oidc).' });
  };
  return {
    async oidcLogin({ query }, { url, address }) {
      const { host, hosts } = config.management;
      const redirectUrl = isListedHost(url.host, [host, ...hosts])
        ? new URL(apiBase + operations.oidcCallback.path, url).href
        : undefined;
      const { url: location, binding, expiresAt } = await provider().start({ redirectUrl, address });
      const value = Buffer.from(JSON.stringify({ binding, returnTo: query.returnTo })).toString('base64url');
      const expires = new Date(expiresAt).toUTCString();
      return { location, headers: { 'set-cookie': cookieOf(value, url, `; Expires=${expires}`) } };
    },
    async oidcCallback(_, call) {
      const { binding, returnTo } = readCookie(call.headers);
      const { code, expiresAt } = await provider().finish({ url: call.url.href, binding }, accessContext(call));
      if (returnTo === undefined) return { body: { code, expiresAt } };
      // Browsers do not send the part after # to any server.
      return { status: 302, location: `${returnTo}#code=${encodeURIComponent(code)}` };
    },
    async oidcToken({ body }, call) {
      const { binding } = readCookie(call.headers);
      const login = await provider().redeem({ code: body.code, binding }, accessContext(call));
      return { body: login, headers: { 'set-cookie': cookieOf('', call.url, '; Max-Age=0') } };
    },
  };
}

function cookieOf(value: string, url: URL, more: string): string {
  const secure = url.protocol === 'https:' ? '; Secure' : '';
  // Lax and not Strict, because the browser comes back from another site.
  return `${cookie}=${value}; Path=${cookiePath}; HttpOnly; SameSite=Lax${secure}${more}`;
}

function readCookie(headers: Call['headers']): { readonly binding: string; readonly returnTo: string | undefined } {
  const value = new RegExp(`(?:^|;\\s*)${cookie}=([\\w-]+)`).exec(headers.get('cookie') ?? '')?.[1];
  try {
    const kept = JSON.parse(Buffer.from(value ?? '', 'base64url').toString()) as {
      binding?: unknown;
      returnTo?: unknown;
    };
    if (typeof kept.binding === 'string') return { binding: kept.binding, returnTo: pathOn(kept.returnTo) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new Refusal('UNAUTHORIZED', { message: 'This login began in another browser, or took too long.' });
}

/** The browser sent the cookie, so only a path on this server is accepted. */
function pathOn(returnTo: unknown): string | undefined {
  const result = operations.oidcLogin.query.shape.returnTo.safeParse(returnTo);
  return result.success ? result.data : undefined;
}
