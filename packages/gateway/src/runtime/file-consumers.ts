import type { ConsumerConfig, ConsumerDocument, GatewayConfig } from '@sluice/model';
import type { ConsumerRegistry } from '../state/index.ts';

/**
 * Makes the consumers of the file those of the registry, and says whether that changed anything. Only what differs is written,
 * and no snapshot is swapped. Without a list, those that are known stay.
 */
export function takeConsumers(registry: ConsumerRegistry, consumers: GatewayConfig['consumers']): boolean {
  if (consumers === undefined) return false;
  let changed = false;
  const wanted = new Set(consumers.map(({ id }) => id));
  // What is gone goes first, so that its room and its keys are free.
  for (const id of registry.ids('file')) if (!wanted.has(id)) changed = registry.remove('file', id) || changed;
  for (const consumer of consumers) changed = registry.put('file', documentOf(consumer)) || changed;
  return changed;
}

function documentOf({ id, keys, ...consumer }: ConsumerConfig): ConsumerDocument {
  return {
    ...consumer,
    consumerId: id,
    keys: keys.map(({ hash, name, expiresAt }) => {
      const digest = hash.slice(hash.indexOf(':') + 1);
      return { keyId: name ?? digest.slice(0, 12), hash: digest, expiresAt };
    }),
  };
}
