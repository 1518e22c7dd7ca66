import { UnauthorizedError } from '../../access/index.ts';
import type { Login, OidcLogin } from '../../access/index.ts';

/** Ties a login at the fake provider to a browser. */
export const binding = 'binding-of-the-browser';
/** The one code that the fake provider knows. */
export const providerCode = 'code-of-the-provider';

const expiresAt = '2026-06-01T12:01:00.000Z';

/** Stands in for the login at an OpenID provider, which is somebody else's server: here the answers of the API matter. */
export function fakeProvider(login: () => Promise<Login>): OidcLogin {
  const refuseOther = (given: { readonly binding: string }, code: string | null): void => {
    if (given.binding !== binding || code !== providerCode) throw new UnauthorizedError('the login is not known');
  };
  return {
    start: async () => ({ url: 'https://login.example.com/authorize?state=1', binding, expiresAt }),
    async finish(callback) {
      refuseOther(callback, new URL(callback.url).searchParams.get('code'));
      return { code: 'code-for-the-client', expiresAt };
    },
    async redeem(picked) {
      refuseOther(picked, picked.code);
      return login();
    },
    sweep: async () => {},
  };
}
