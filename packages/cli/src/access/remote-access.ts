import type { Access, ApiKey } from '@sluice/control';
import type { Client } from '@sluice/control/client';
import { CommandFailure } from '../command/command.ts';
import type { Connection } from '../remote/connect.ts';

/** What commands do with users, keys and the audit log, in a store or over the API. */
export interface AccessCalls {
  readonly users: Pick<Access['users'], 'list' | 'get' | 'create' | 'update' | 'remove'>;
  readonly apiKeys: Pick<Access['apiKeys'], 'list' | 'create' | 'revoke'>;
  readonly audit: Pick<Access['audit'], 'find'>;
}

/** The same over the API of a running Sluice, which acts as whoever is logged in. */
export function remoteAccess({ call }: Connection): AccessCalls {
  return {
    users: {
      list: (page) =>
        wholePage(page, async (query) => {
          const { users, total } = await call((client) => client.listUsers({ query }));
          return { items: users.map(asUser), total };
        }),
      get: async (username) => asUser(await call((client) => client.getUser({ params: { username } }))),
      create: async (user) => asUser(await call((client) => client.createUser({ body: user }))),
      update: async (username, body) =>
        asUser(await call((client) => client.updateUser({ params: { username }, body }))),
      remove: async (username) => {
        await call((client) => client.deleteUser({ params: { username } }));
      },
    },
    apiKeys: {
      list: (page) =>
        wholePage(page, async (query) => {
          const { apiKeys, total } = await call((client) => client.listApiKeys({ query }));
          return { items: apiKeys.map(asKey), total };
        }),
      async create({ owner, ...key }) {
        if (owner !== undefined) throw new CommandFailure(notForOthers);
        const made = await call((client) => client.createApiKey({ body: { ...key, scopes: [...key.scopes] } }));
        return { apiKey: asKey(made.apiKey), key: made.key };
      },
      async revoke(apiKeyId) {
        await call((client) => client.deleteApiKey({ params: { apiKeyId } }));
      },
    },
    audit: {
      find: ({ limit, offset, ...which }) =>
        wholePage({ limit, offset }, async (page) => {
          const { auditLogs, total } = await call((client) => client.listAuditLogs({ query: { ...which, ...page } }));
          return { items: auditLogs, total };
        }),
    },
  };
}

/** An absent field of an answer is undefined in the store's form. */
const asUser = (user: UserAnswer) => ({ isWithdrawn: undefined, lastLoginAt: undefined, ...user });
const asKey = (key: KeyAnswer) => ({ expiresAt: undefined, lastUsedAt: undefined, ...key }) as ApiKey;

type UserAnswer = Awaited<ReturnType<Client['getUser']>>;
type KeyAnswer = Awaited<ReturnType<Client['getApiKey']>>;

const notForOthers = 'over the API a key is made for the user who is logged in: leave out --owner';

/** The largest page of the API. */
const largestPage = 100;

interface Page {
  readonly limit: number;
  readonly offset: number;
}

/** A page that may be larger than those of the API. */
async function wholePage<T>(
  { limit, offset }: Page,
  read: (page: Page) => Promise<{ readonly items: readonly T[]; readonly total: number }>,
): Promise<{ items: T[]; total: number }> {
  const items: T[] = [];
  for (;;) {
    const wanted = Math.min(largestPage, limit - items.length);
    const part = await read({ limit: wanted, offset: offset + items.length });
    items.push(...part.items);
    if (items.length >= limit || part.items.length < wanted) return { items, total: part.total };
  }
}
