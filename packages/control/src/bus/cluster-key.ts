import { createHmac, randomBytes } from 'node:crypto';
import { defineCollection } from '../store/collections.ts';
import { ConflictError } from '../store/store.ts';
import type { Store } from '../store/store.ts';

/** One document, `bus`. Not part of a backup: whoever restores one makes another. */
export const clusterKeys = defineCollection<{ readonly secret: string }>('cluster_keys', {}, { transient: true });

/** The key that messages of a topic are sealed with; undefined as long as it is not known. */
export type KeyOfTopic = (topic: string) => Buffer | undefined;

/**
 * The keys of an installation, from a secret that its control processes share in the store. Each topic has a key of its own,
 * so that a node which may hear of revisions can say nothing else. Rejects with a StoreUnavailableError.
 */
export async function clusterKey(store: Pick<Store, 'get' | 'commit'>): Promise<(topic: string) => Buffer> {
  const secret = Buffer.from(await sharedSecret(store), 'base64url');
  const keys = new Map<string, Buffer>();
  return (topic) => {
    const key = keys.get(topic) ?? createHmac('sha256', secret).update(topic).digest();
    keys.set(topic, key);
    return key;
  };
}

async function sharedSecret(store: Pick<Store, 'get' | 'commit'>): Promise<string> {
  const stored = await store.get(clusterKeys, 'bus');
  if (stored !== undefined) return stored.body.secret;
  const body = { secret: randomBytes(32).toString('base64url') };
  try {
    await store.commit([{ kind: 'put', collection: clusterKeys, id: 'bus', body, expect: 'absent' }]);
    return body.secret;
  } catch (error) {
    // Another process made it in the same moment: that one is good for all.
    if (!(error instanceof ConflictError)) throw error;
    return sharedSecret(store);
  }
}
