import type { OperationId } from '@sluice/model/api';
import { UnknownEntityError } from '../../access/index.ts';
import { accessContext } from '../call.ts';
import type { Handlers } from '../call.ts';
import { changeAccess } from '../change-access.ts';
import type { Services } from '../services.ts';

type Ids = Extract<OperationId, 'listUsers' | `${string}User` | 'listSessions' | 'deleteSession'>;

export function userHandlers(services: Services): Handlers<Ids> {
  const { users, sessions } = services.access;
  const entityType = 'user';
  return {
    async listUsers({ query }) {
      const { items, total } = await users.list(query);
      return { body: { users: items, total, limit: query.limit, offset: query.offset } };
    },
    async getUser({ params }) {
      const user = await users.get(params.username);
      return { body: user, etag: user.version };
    },
    createUser: ({ body }, call) =>
      changeAccess(services, call, {
        entityType,
        run: (context) => users.create(body, context),
        entityId: () => body.username,
        after: (user) => user,
        reply: (user) => ({
          body: user,
          etag: user.version,
          location: `${call.url.pathname}/${encodeURIComponent(user.username)}`,
        }),
      }),
    updateUser: ({ params, body }, call) =>
      changeAccess(services, call, {
        entityType,
        before: () => users.get(params.username),
        run: (context) => users.update(params.username, body, context),
        entityId: () => params.username,
        after: (user) => user,
        reply: (user) => ({ body: user, etag: user.version }),
      }),
    deleteUser: ({ params }, call) =>
      changeAccess(services, call, {
        entityType,
        before: () => users.get(params.username),
        run: (context) => users.remove(params.username, context),
        entityId: () => params.username,
        reply: () => ({}),
      }),
    async listSessions({ params }) {
      await users.get(params.username);
      return { body: { sessions: await sessions.list(params.username) } };
    },
    async deleteSession({ params: { username, sessionId } }, call) {
      const find = async (): Promise<object> => {
        const found = (await sessions.list(username)).find((session) => session.sessionId === sessionId);
        if (found === undefined) throw new UnknownEntityError(`session ${sessionId} of ${username}`);
        return found;
      };
      // The path names the user, so the session must belong to that user.
      await find();
      return changeAccess(services, call, {
        entityType: 'session',
        before: find,
        run: () => sessions.revoke(sessionId, accessContext(call)),
        entityId: () => sessionId,
        reply: () => ({}),
      });
    },
  };
}
