import { z } from 'zod';
import { line } from '../values/text.ts';
import { timestamp } from './fields.ts';
import { passwordField, roleField } from './user-resource.ts';

/** Schema of a login. */
export const loginInput = z
  .strictObject({ username: line(256), password: passwordField })
  .describe('Name and password of a user.');

/** Schema of what a login gives. */
export const loginResource = z
  .object({
    token: z.string().describe('To be sent as `Authorization: Bearer <token>`.'),
    expiresAt: timestamp,
    refreshToken: z.string().describe('Valid for one use; it is exchanged for the next pair of tokens.'),
    refreshExpiresAt: timestamp,
    user: z.object({
      username: z.string(),
      role: roleField,
      mustChangePassword: z.boolean().describe('The password was set by somebody else: ask for a new one.'),
    }),
  })
  .describe('A session.');

/** Schema of a request for the next pair of tokens. */
export const refreshInput = z
  .strictObject({ refreshToken: z.string().min(1).max(8192) })
  .describe('The refresh token of the last login or refresh.');

/** Schema of who the caller is. */
export const callerResource = z
  .object({
    kind: z.enum(['user', 'apiKey']),
    username: z.string().describe('Name of the user or of the API key.'),
    role: roleField,
    scopes: z.array(z.string()).optional().describe('Of an API key.'),
    mustChangePassword: z.boolean().optional().describe('Of a user.'),
  })
  .describe('Who the caller is.');

/** Schema of a change of the own password. */
export const passwordInput = z
  .strictObject({ currentPassword: passwordField, newPassword: passwordField })
  .describe('The current password and the new one.');

/** Schema of the way back from the OpenID provider. */
export const oidcCodeResource = z
  .object({ code: z.string().describe('Valid for one use within a minute.'), expiresAt: timestamp })
  .describe('A code that gives tokens.');

/** Schema of a request for the tokens of a login at the OpenID provider. */
export const oidcTokenInput = z
  .strictObject({ code: z.string().min(1).max(1024) })
  .describe('The code that the way back from the provider gave.');

/** What a login gives. */
export type LoginResource = z.output<typeof loginResource>;
