import { z } from 'zod';
import { filePath } from '../../values/text.ts';

/** Schema of the method basic. */
export const basicMethod = z
  .strictObject({
    type: z.literal('basic').describe('This method.'),
    usersFile: filePath.describe(
      'File of users as htpasswd writes it, with passwords hashed by bcrypt (htpasswd -B) or argon2id. It is read again when it changes. With routes of the API, a name in node.filesFolder.',
    ),
  })
  .describe('User name and password (RFC 7617). They are taken off the request before a backend gets it.');

/** Settings of the method basic. */
export type BasicMethodConfig = z.output<typeof basicMethod>;
