import type { ConsumerConfig, ConsumerDocument, GatewayConfig } from '@sluice/model';
import { createPause } from '@sluice/service';
import type { ConsumerRegistry } from '../state/index.ts';

/**
 * Makes the consumers of the file those of the registry, and says whether that changed anything. Only what differs is written,
 * and no snapshot is swapped. Without a list, those that are known stay. Other work of the thread gets its turn: to look at
 * 100,000 consumers takes a second.
 */
export async function takeConsumers(
  registry: ConsumerRegistry,
  consumers: GatewayConfig['consumers'],
): Promise<boolean> {
  if (consumers === undefined) return false;
  const pause = createPause();
  let changed = false;
  const wanted = new Set(consumers.map(({ id }) => id));
  // What is gone goes first, so that its room and its keys are free.
  for (const id of registry.ids('file')) {
    if (!wanted.has(id)) changed = registry.remove('file', id) || changed;
    await pause();
  }
  for (const consumer of consumers) {
    changed = registry.put('file', documentOf(consumer)) || changed;
    await pause();
  }
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
