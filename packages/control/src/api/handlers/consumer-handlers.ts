import type { OperationId } from '@sluice/model/api';
import { UnknownEntityError } from '../../access/index.ts';
import type { Handlers } from '../call.ts';
import { changeAccess } from '../change-access.ts';
import type { Services } from '../services.ts';

type Ids = Extract<OperationId, `${string}Consumer` | 'listConsumers' | `${string}ConsumerKey` | 'listConsumerKeys'>;

export function consumerHandlers(services: Services): Handlers<Ids> {
  const { consumers } = services.access;
  const entityType = 'consumer';
  return {
    async listConsumers({ query }) {
      const { items, total } = await consumers.list(query);
      return { body: { consumers: items, total, limit: query.limit, offset: query.offset } };
    },
    async getConsumer({ params }) {
      const consumer = await consumers.get(params.consumerId);
      return { body: consumer, etag: consumer.version };
    },
    createConsumer: ({ body }, call) =>
      changeAccess(services, call, {
        entityType,
        run: (context) => consumers.create(body, context),
        entityId: (made) => made.consumerId,
        after: (consumer) => consumer,
        reply: (consumer) => ({
          body: consumer,
          etag: consumer.version,
          location: `${call.url.pathname}/${consumer.consumerId}`,
        }),
      }),
    updateConsumer: ({ params, body }, call) =>
      changeAccess(services, call, {
        entityType,
        before: () => consumers.get(params.consumerId),
        run: (context) => consumers.update(params.consumerId, body, context),
        entityId: () => params.consumerId,
        after: (consumer) => consumer,
        reply: (consumer) => ({ body: consumer, etag: consumer.version }),
      }),
    deleteConsumer: ({ params }, call) =>
      changeAccess(services, call, {
        entityType,
        before: () => consumers.get(params.consumerId),
        run: (context) => consumers.remove(params.consumerId, context),
        entityId: () => params.consumerId,
        reply: () => ({}),
      }),
    async listConsumerKeys({ params }) {
      return { body: { keys: (await consumers.get(params.consumerId)).keys } };
    },
    createConsumerKey: ({ params, body }, call) =>
      changeAccess(services, call, {
        entityType: 'consumerKey',
        run: (context) => consumers.addKey(params.consumerId, body, context),
        entityId: (made) => made.consumerKey.keyId,
        after: ({ consumerKey }) => consumerKey,
        reply: ({ consumerKey, key = '' }) => ({
          body: { consumerKey, key },
          location: `${call.url.pathname}/${encodeURIComponent(consumerKey.keyId)}`,
          isSecret: true,
        }),
      }),
    deleteConsumerKey: ({ params: { consumerId, keyId } }, call) =>
      changeAccess(services, call, {
        entityType: 'consumerKey',
        before: async () => {
          const key = (await consumers.get(consumerId)).keys.find((item) => item.keyId === keyId);
          if (key === undefined) throw new UnknownEntityError(`key ${keyId} of consumer ${consumerId}`);
          return key;
        },
        run: (context) => consumers.revokeKey(consumerId, keyId, context),
        entityId: () => keyId,
        reply: () => ({}),
      }),
  };
}
