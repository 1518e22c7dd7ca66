import { z } from 'zod';
import { line, oneLine } from '../values/text.ts';
import { consumerLimits } from './consumer-limits.ts';

const names = z.array(line(128)).max(consumerLimits.names).prefault([]);
const timestamp = z.iso.datetime('expected a time in UTC such as 2027-01-31T00:00:00Z');

/** Id of a consumer. */
export const consumerIdField = z
  .string()
  .regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}$/, 'expected 1 to 64 letters, digits and . _ -')
  .describe('Id of the consumer.');

/** A hash that is one never looks like a key that somebody pasted. */
const keyHash = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'expected the hash of a key, never the key itself: make it with sluice hash-key')
  .describe('What `sluice hash-key` prints for the key. The key itself is never written down.');

const consumerKey = z
  .strictObject({
    hash: keyHash,
    name: line(128).optional().describe('What logs call the key. If absent, the first digits of its hash.'),
    expiresAt: timestamp.optional().describe('The key is refused from then on. If absent, it does not expire.'),
  })
  .describe('A key that the consumer may send.');

/** Schema of a consumer in a configuration file. */
export const consumerConfig = z
  .strictObject({
    id: consumerIdField,
    name: oneLine.max(128).default('').describe('What people call the consumer.'),
    organization: oneLine.max(128).default('').describe('Whom the consumer belongs to.'),
    tier: oneLine.max(128).default('').describe('Which limits apply: one of `limits.tiers`.'),
    scopes: names.describe('What the consumer may do, such as `orders:read`.'),
    roles: names.describe('Roles of the consumer.'),
    permissions: names.describe('Permissions, each as `resource:action:scope`.'),
    subjects: z
      .array(line(256))
      .max(consumerLimits.subjects)
      .prefault([])
      .describe('What certificates and logins call the consumer. If empty, they call it by its id.'),
    isEnabled: z.boolean().default(true).describe('false: its keys are refused.'),
    expiresAt: timestamp.optional().describe('The consumer is refused from then on. If absent, it does not expire.'),
    keys: z
      .array(consumerKey)
      .max(consumerLimits.keys)
      .prefault([])
      .describe('Its keys; two or more while one replaces another.'),
  })
  .describe('A caller of the APIs behind the gateway.');

/** A consumer as the file says it. */
export type ConsumerConfig = z.output<typeof consumerConfig>;
