import type { OperationId } from '@sluice/model/api';
import type { UserPrincipal } from '../../access/index.ts';
import { accessContext } from '../call.ts';
import type { Call, Handlers } from '../call.ts';
import { Refusal } from '../refusal.ts';
import type { Services } from '../services.ts';

type Ids = Extract<OperationId, 'login' | 'refresh' | 'logout' | 'me' | 'changePassword'>;

export function authenticationHandlers({ access }: Services): Handlers<Ids> {
  return {
    async login({ body }, { address, traceId }) {
      return { body: await access.login({ ...body, address, traceId }) };
    },
    async refresh({ body }, call) {
      return { body: await access.sessions.refresh(body.refreshToken, accessContext(call)) };
    },
    async logout(_, call) {
      await access.sessions.logout(userOf(call), accessContext(call));
      return {};
    },
    me(_, { principal }) {
      if (principal === undefined) throw new Refusal('UNAUTHORIZED');
      const { kind, name: username, role } = principal;
      const more =
        principal.kind === 'user' ? { mustChangePassword: principal.mustChangePassword } : { scopes: principal.scopes };
      return { body: { kind, username, role, ...more } };
    },
    async changePassword({ body }, call) {
      await access.changePassword(userOf(call), body, accessContext(call));
      return {};
    },
  };
}

/** The user who sent a request. API keys have neither sessions nor passwords. */
function userOf({ principal }: Call): UserPrincipal {
  if (principal?.kind === 'user') return principal;
  throw new Refusal('FORBIDDEN', { message: 'This needs the session of a user, not an API key.' });
}
