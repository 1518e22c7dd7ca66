import { createHmac, randomBytes } from 'node:crypto';
import { defineCollection } from '../store/collections.ts';
import { ConflictError } from '../store/store.ts';
import type { Store } from '../store/store.ts';

/** One document, `bus`. Not part of backups: a restored installation makes a new key. */
export const clusterKeys = defineCollection<{ readonly secret: string }>('cluster_keys', {}, { transient: true });

/** The key for the messages of a topic; undefined while it is not known. */
export type KeyOfTopic = (topic: string) => Buffer | undefined;

/**
 * The keys of an installation, derived from a secret that its control processes share in the store. Each topic has its own key, so
 * that a node with the key for revisions cannot send other messages. Rejects with a StoreUnavailableError.
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
    // Another process made it in the same moment, and all use that one.
    if (!(error instanceof ConflictError)) throw error;
    return sharedSecret(store);
  }
}
