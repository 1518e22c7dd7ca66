import { z } from 'zod';
import { consumerLimits } from '../config/consumer-limits.ts';
import { line, oneLine } from '../values/text.ts';
import type { Immutable } from './immutable.ts';
import { timestamp } from './revision-fields.ts';

const names = z.array(line(128)).max(consumerLimits.names);

const keyDocument = z.object({
  keyId: line(128),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  expiresAt: timestamp.optional(),
});

/** Schema of a consumer as nodes know it. */
export const consumerDocument = z.object({
  consumerId: line(64),
  name: oneLine.max(128),
  organization: oneLine.max(128),
  tier: oneLine.max(128),
  scopes: names,
  roles: names,
  permissions: names,
  subjects: z.array(line(256)).max(consumerLimits.subjects),
  isEnabled: z.boolean(),
  expiresAt: timestamp.optional(),
  keys: z.array(keyDocument).max(consumerLimits.keys),
});

/**
 * A consumer as nodes know it: of its keys only the hashes. `subjects` is what certificates and logins call the consumer;
 * without any, they call it by its id.
 */
export type ConsumerDocument = Immutable<z.output<typeof consumerDocument>>;
