import { z } from 'zod';
import { roles } from '../config/roles.ts';
import { pageFields, timestamp } from './fields.ts';

/** What a user or API key may do. */
export const roleField = z.enum(roles).describe('Admin may do everything, Operator run deployments, Viewer read.');

/** The name of a user. */
export const usernameField = z
  .string()
  .regex(/^(?!\.{1,2}$)[A-Za-z0-9._@-]{1,64}$/, 'expected 1 to 64 letters, digits and . _ @ -')
  .describe('Name of the user, whatever its case.');

/** A password as it is sent. How strong a new one has to be is for the server to say. */
export const passwordField = z.string().min(1).max(1024);

/** Schema of a user as it is answered. */
export const userResource = z
  .object({
    userId: z.string().describe('Who this is: somebody else may have the name later.'),
    username: usernameField,
    role: roleField,
    isEnabled: z.boolean(),
    external: z.boolean().describe('Logs in at the OpenID provider, and has no password here.'),
    isWithdrawn: z
      .boolean()
      .optional()
      .describe(
        'The OpenID provider gave no role any more when the user came last: nothing is permitted until it does.',
      ),
    mustChangePassword: z.boolean().describe('The password was set by somebody else.'),
    createdAt: timestamp,
    updatedAt: timestamp,
    lastLoginAt: timestamp.optional(),
    version: z.int().min(1).describe('One more with each change; its ETag.'),
  })
  .describe('A user of the management API.');

/** Schema of a page of users. */
export const userList = z
  .object({ users: z.array(userResource), ...pageFields })
  .describe('A page of the users, ordered by name.');

/** Schema of a new user. */
export const userInput = z
  .strictObject({
    username: usernameField,
    password: passwordField.describe('At least 12 characters.'),
    role: roleField,
    isEnabled: z.boolean().default(true),
    mustChangePassword: z.boolean().default(false).describe('true: the user has to choose another password first.'),
  })
  .describe('A new user.');

/** Schema of a change of a user. */
export const userPatch = z
  .strictObject({
    role: roleField.optional(),
    isEnabled: z.boolean().optional(),
    password: passwordField.optional().describe('Ends the sessions of the user.'),
    mustChangePassword: z.boolean().optional(),
  })
  .describe('What changes about a user; what is left out stays.');

/** Schema of the sessions of a user. */
export const sessionList = z
  .object({
    sessions: z.array(
      z.object({
        sessionId: z.string(),
        username: usernameField,
        address: z.string(),
        createdAt: timestamp,
        expiresAt: timestamp,
      }),
    ),
  })
  .describe('The sessions of a user that are not over, the newest first.');

/** A user as it is answered. */
export type UserResource = z.output<typeof userResource>;
