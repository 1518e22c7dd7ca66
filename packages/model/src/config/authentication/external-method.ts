import { z } from 'zod';
import { httpAddress } from '../../values/http-address.ts';
import { editableHeaderName, line } from '../../values/text.ts';
import { helperCaFile, helperTimeout, keptFor } from './helper-fields.ts';

const headers = z.array(editableHeaderName).max(64);
/** Headers that the gateway writes itself, for the helper and for backends. */
const written =
  /^(?:forwarded|via|x-forwarded-.*|x-real-ip|x-request-id|content-.*|expect|user-agent|accept-encoding)$/i;
const unwritten = editableHeaderName.refine((name) => !written.test(name), {
  error: 'the gateway writes this header itself, or it describes the body: choose another one',
});

const identity = z
  .strictObject({
    subject: editableHeaderName.optional().describe('Header of the answer with the subject.'),
    organization: editableHeaderName.optional().describe('Header of the answer with the organization.'),
    tier: editableHeaderName.optional().describe('Header of the answer with the tier.'),
    scopes: editableHeaderName.optional().describe('Header of the answer with the scopes, between spaces or commas.'),
    roles: editableHeaderName.optional().describe('Header of the answer with the roles, between spaces or commas.'),
    permissions: editableHeaderName
      .optional()
      .describe('Header of the answer with the permissions, between spaces or commas.'),
    claims: z
      .record(line(256), editableHeaderName)
      .default({})
      .describe('Claims: the name of each, and the header of the answer that holds it.'),
  })
  .prefault({})
  .describe('What the headers of an answer say about the caller.');

/** Schema of the method external. */
export const externalMethod = z
  .strictObject({
    type: z.literal('external').describe('This method.'),
    url: httpAddress('http://127.0.0.1:9100/check', { query: true }).describe(
      'Address that is asked, with GET and without the body of the request.',
    ),
    caFile: helperCaFile,
    timeout: helperTimeout('500ms'),
    onError: z
      .enum(['deny', 'allow'])
      .default('deny')
      .describe('What becomes of a request when there is no answer, or one with a status of 500 or above.'),
    requestHeaders: z
      .array(unwritten)
      .max(64)
      .default(['Authorization', 'Cookie'])
      .describe('Headers of the request that are sent along.'),
    upstreamHeaders: z
      .array(unwritten)
      .max(64)
      .default([])
      .describe(
        'Headers of an answer that allows that the backend gets. What clients send under these names never reaches it.',
      ),
    responseHeaders: headers
      .default(['WWW-Authenticate', 'Location', 'Set-Cookie'])
      .describe('Headers of an answer that denies that the client gets, beside Content-Type.'),
    identity,
    cacheFor: keptFor(
      600_000,
      '0s',
      'How long an answer is kept for requests with the same method, address, headers sent along and client address. 0s keeps none.',
    ),
  })
  .superRefine(({ caFile, url }, context) => {
    if (caFile !== undefined && !url.startsWith('https:'))
      context.addIssue({ code: 'custom', path: ['caFile'], message: 'is for an address that begins with https://' });
  })
  .describe('A server of your own that decides about each request.');

/** Settings of the method external; durations in milliseconds. */
export type ExternalMethodConfig = z.output<typeof externalMethod>;
