import { z } from 'zod';
import { pageFields, timestamp } from './fields.ts';
import { line } from '../values/text.ts';
import { roleField } from './user-resource.ts';

/** The scopes that operations ask for are `<what>:read` and `<what>:write`. */
export const scopeField = z
  .string()
  .max(64)
  .regex(/^(?:\*|[A-Za-z][A-Za-z-]*:(?:\*|read|write))$/, 'expected *, <what>:*, <what>:read or <what>:write')
  .describe('`*`, `<what>:*`, `<what>:read` or `<what>:write`, such as `routes:read`.');

/** Schema of an API key as it is answered; its secret is not kept. */
export const apiKeyResource = z
  .object({
    apiKeyId: z.string(),
    name: z.string(),
    role: roleField.describe('It may do what this role and that of its owner both permit.'),
    scopes: z.array(z.string()),
    expiresAt: timestamp.optional().describe('Never when absent.'),
    lastUsedAt: timestamp.optional().describe('At most a minute behind.'),
    createdAt: timestamp,
    createdBy: z.string(),
    owner: z
      .object({
        kind: z.enum(['user', 'store', 'unknown']),
        userId: z.string().optional(),
        username: z.string().optional(),
      })
      .describe(
        'The user whose key it is: it may do no more than that user now, and counts as that person. `store` is a root key, made at the store before there was a user: it is nobody’s, and approves nothing; one of an older version whose maker is unknown may read.',
      ),
    updatedAt: timestamp,
    version: z.int().min(1).describe('One more with each change; its ETag.'),
  })
  .describe('A key by which a program uses the management API.');

/** Schema of a page of API keys. */
export const apiKeyList = z
  .object({ apiKeys: z.array(apiKeyResource), ...pageFields })
  .describe('A page of the API keys, ordered by name.');

/** Schema of a new API key. */
export const apiKeyInput = z
  .strictObject({
    name: line(128).describe('Unique among the API keys.'),
    role: roleField,
    scopes: z.array(scopeField).min(1).max(100).describe('Narrow what the role permits.'),
    expiresAt: timestamp.optional().describe('Never when left out.'),
  })
  .describe('A new API key.');

/** Schema of an API key that was just made. */
export const apiKeyCreated = z
  .object({ apiKey: apiKeyResource, key: z.string().describe('What the program sends; shown only this once.') })
  .describe('A new API key and its secret.');
