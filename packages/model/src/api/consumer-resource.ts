import { z } from 'zod';
import { consumerIdField } from '../config/consumer-config.ts';
import { consumerLimits } from '../config/consumer-limits.ts';
import { pageFields, timestamp } from './fields.ts';
import { line, oneLine } from '../values/text.ts';

const shortLine = oneLine.max(128);
const names = z.array(line(128)).max(consumerLimits.names);
const subjects = z
  .array(line(256))
  .max(consumerLimits.subjects)
  .describe('What certificates and logins call the consumer. If empty, they call it by its id.');

export { consumerIdField };

/** Schema of a key of a consumer; its secret is not kept. */
export const consumerKeyResource = z
  .object({
    keyId: z.string(),
    name: z.string().describe('What it is for.'),
    createdAt: timestamp,
    expiresAt: timestamp.optional().describe('With the consumer when absent.'),
    lastUsedAt: timestamp.optional().describe('About a minute behind; absent when it was not used since it was made.'),
  })
  .describe('A key of a consumer.');

/** Schema of a consumer as it is answered. */
export const consumerResource = z
  .object({
    consumerId: consumerIdField,
    name: z.string(),
    organization: z.string(),
    tier: z.string(),
    scopes: z.array(z.string()),
    roles: z.array(z.string()),
    permissions: z.array(z.string()).describe('Each as resource:action:scope.'),
    subjects: z.array(z.string()).describe('What certificates and logins call the consumer; its id when empty.'),
    isEnabled: z.boolean(),
    expiresAt: timestamp.optional().describe('Never when absent.'),
    createdAt: timestamp,
    updatedAt: timestamp,
    keys: z.array(consumerKeyResource),
    version: z.int().min(1).describe('One more with each change; its ETag.'),
  })
  .describe('A caller of the proxied APIs.');

/** Schema of a page of consumers. */
export const consumerList = z
  .object({ consumers: z.array(consumerResource), ...pageFields })
  .describe('A page of the consumers, ordered by name.');

/** Schema of a new consumer. */
export const consumerInput = z
  .strictObject({
    consumerId: consumerIdField.optional().describe('Generated when left out.'),
    name: line(128),
    organization: shortLine.optional(),
    tier: shortLine.optional(),
    scopes: names.optional(),
    roles: names.optional(),
    permissions: names.optional().describe('Each as resource:action:scope.'),
    subjects: subjects.optional(),
    isEnabled: z.boolean().optional(),
    expiresAt: timestamp.optional().describe('Never when left out.'),
  })
  .describe('A new consumer.');

/** Schema of a change of a consumer. */
export const consumerPatch = z
  .strictObject({
    name: line(128).optional(),
    organization: shortLine.optional(),
    tier: shortLine.optional(),
    scopes: names.optional(),
    roles: names.optional(),
    permissions: names.optional().describe('Each as resource:action:scope.'),
    subjects: subjects.optional(),
    isEnabled: z.boolean().optional(),
    expiresAt: timestamp.nullable().optional().describe('null takes it away.'),
  })
  .describe('What changes about a consumer; what is left out stays.');

/** Schema of a new key of a consumer. */
export const consumerKeyInput = z
  .strictObject({
    name: shortLine.optional().describe('What it is for.'),
    expiresAt: timestamp.optional().describe('With the consumer when left out.'),
  })
  .describe('A new key.');

/** Schema of a key of a consumer that was just made. */
export const consumerKeyCreated = z
  .object({
    consumerKey: consumerKeyResource,
    key: z.string().describe('What the consumer sends; shown only this once.'),
  })
  .describe('A new key and its secret.');

/** Schema of the keys of a consumer. */
export const consumerKeyList = z.object({ keys: z.array(consumerKeyResource) }).describe('The keys of a consumer.');
