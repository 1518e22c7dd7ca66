import type { OperationId } from '@sluice/model/api';
import type { Handlers } from '../call.ts';
import { changeAccess } from '../change-access.ts';
import type { Services } from '../services.ts';

type Ids = Extract<OperationId, `${string}ApiKey` | 'listApiKeys'>;

export function apiKeyHandlers(services: Services): Handlers<Ids> {
  const { apiKeys } = services.access;
  const entityType = 'apiKey';
  return {
    async listApiKeys({ query }) {
      const { items, total } = await apiKeys.list(query);
      return { body: { apiKeys: items, total, limit: query.limit, offset: query.offset } };
    },
    async getApiKey({ params }) {
      const apiKey = await apiKeys.get(params.apiKeyId);
      return { body: apiKey, etag: apiKey.version };
    },
    createApiKey: ({ body }, call) =>
      changeAccess(services, call, {
        entityType,
        run: (context) => apiKeys.create(body, context),
        entityId: (made) => made.apiKey.apiKeyId,
        after: ({ apiKey }) => apiKey,
        reply: ({ apiKey, key = '' }) => ({
          body: { apiKey, key },
          etag: apiKey.version,
          location: `${call.url.pathname}/${encodeURIComponent(apiKey.apiKeyId)}`,
          isSecret: true,
        }),
      }),
    deleteApiKey: ({ params }, call) =>
      changeAccess(services, call, {
        entityType,
        before: () => apiKeys.get(params.apiKeyId),
        run: (context) => apiKeys.revoke(params.apiKeyId, context),
        entityId: () => params.apiKeyId,
        reply: () => ({}),
      }),
  };
}
