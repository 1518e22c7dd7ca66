import type { KnownConsumer, NodeState } from '../../state/index.ts';
import type { Identity } from '../policy.ts';

/** The consumers, as the methods of authentication look them up. Whoever sends credentials is not told why there is none. */
export type ConsumerLookup = Pick<NodeState['consumers'], 'find' | 'peek' | 'bySubject'>;

/** Who a consumer is, whatever it proved that by. */
export function consumerIdentity(consumer: KnownConsumer): Omit<Identity, 'method'> {
  const { consumerId, name, organization, tier, scopes, roles, permissions } = consumer;
  return {
    subject: consumerId,
    consumerId,
    organization: organization || undefined,
    tier: tier || undefined,
    scopes,
    roles,
    permissions,
    claims: { name },
  };
}
