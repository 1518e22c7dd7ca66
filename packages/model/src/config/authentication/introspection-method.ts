import { z } from 'zod';
import { duration } from '../../values/duration.ts';
import { httpAddress } from '../../values/http-address.ts';
import { line } from '../../values/text.ts';
import { clientSecret, clientSecretFile, helperCaFile, helperTimeout, keptFor } from './helper-fields.ts';

/** Schema of the method introspection. */
export const introspectionMethod = z
  .strictObject({
    type: z.literal('introspection').describe('This method.'),
    url: httpAddress('https://id.example/introspect', { query: true }).describe(
      'Address of the introspection endpoint (RFC 7662).',
    ),
    clientId: line(256).optional().describe('Id of the gateway at the endpoint.'),
    clientSecretFile,
    clientSecret,
    clientAuthentication: z
      .enum(['basic', 'post'])
      .default('basic')
      .describe('Where the id and the secret are sent: by HTTP Basic, or in the body (RFC 6749 §2.3.1).'),
    caFile: helperCaFile,
    timeout: helperTimeout('2s'),
    cacheFor: keptFor(
      3_600_000,
      '30s',
      'How long an answer is kept, never longer than the token is valid. That a token is not active is kept for at most 5s. 0s asks for every request.',
    ),
    issuer: line(2048).optional().describe('The answer has to name exactly this issuer.'),
    audience: z
      .array(line(2048))
      .min(1, 'expected at least one audience; leave audience out to accept any')
      .max(64)
      .optional()
      .describe('The answer has to name one of these audiences.'),
    clockTolerance: duration(0)
      .prefault('0s')
      .refine((ms) => ms <= 600_000, 'expected at most 10m')
      .describe('How far the clocks of issuer and node may differ, for exp and nbf.'),
  })
  .superRefine(({ clientId, clientSecret: secret, clientSecretFile: file, caFile, url }, context) => {
    const problem = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (secret !== undefined && file !== undefined)
      problem('clientSecret', 'keep one of clientSecretFile, clientSecret');
    else if ((secret ?? file) !== undefined && clientId === undefined) problem('clientId', 'is missing for the secret');
    else if (clientId !== undefined && (secret ?? file) === undefined)
      problem('clientSecretFile', 'is missing: an endpoint has to know who asks (RFC 7662 §2.1)');
    if (caFile !== undefined && !url.startsWith('https:'))
      problem('caFile', 'is for an address that begins with https://');
  })
  .describe('A token that its issuer is asked about (RFC 7662).');

/** Settings of the method introspection; durations in milliseconds. */
export type IntrospectionMethodConfig = z.output<typeof introspectionMethod>;
