import type { ConsumerDocument } from '@sluice/model';
import { consumerKeyDigest } from '@sluice/service';
import { ConsumerDirectory } from '../consumer-directory.ts';
import { createConsumerMemory } from '../consumer-memory.ts';
import { ConsumerRegistry } from '../consumer-registry.ts';

/** A consumer with one key; all else may be overridden. */
export function consumerNumber(i: number, fields: Partial<ConsumerDocument> = {}): ConsumerDocument {
  return {
    consumerId: `partner-${i}`,
    name: `Partner number ${i}`,
    organization: `organization-${i % 1000}`,
    tier: i % 3 === 0 ? 'premium' : 'free',
    scopes: ['orders:read', 'orders:write'],
    roles: ['support'],
    permissions: ['orders:write:own'],
    subjects: [],
    isEnabled: true,
    keys: [{ keyId: keyIdNumber(i), hash: consumerKeyDigest(keyNumber(i)) }],
    ...fields,
  };
}

/** The key of that consumer, as control makes keys. */
export function keyNumber(i: number): string {
  return `slc_${keyIdNumber(i)}_${i.toString(16).padStart(64, '0')}`;
}

function keyIdNumber(i: number): string {
  return i.toString(16).padStart(32, '0');
}

/** The consumers of a node, as its main thread and one of its workers have them. */
export function consumerRegistry(): { registry: ConsumerRegistry; directory: ConsumerDirectory } {
  const memory = createConsumerMemory();
  return { registry: new ConsumerRegistry(memory), directory: new ConsumerDirectory(memory) };
}
