import { z } from 'zod';
import { notHidden } from '../values/hidden-secrets.ts';
import { cookieName, editableHeaderName, headerName, headerValue, oneLine } from '../values/text.ts';
import { percentage } from './percentage.ts';

/** Schema of who always gets the candidate, whatever its share. */
export const testerRule = z
  .union([
    z.strictObject({
      header: headerName.describe('Header that testers send.'),
      value: oneLine.max(1024).describe('Its exact value, or "*" when it only has to be present.'),
    }),
    z.strictObject({
      cookie: cookieName.describe('Cookie that testers have.'),
      value: oneLine.max(1024).describe('Its exact value, or "*" when it only has to be present.'),
    }),
  ])
  .describe('Requests that always go to the candidate.');

/** A rule that sends requests to the candidate. */
export type TesterRule = z.output<typeof testerRule>;

/** Schema of what keeps a user at one version. */
export const stickyConfig = z
  .discriminatedUnion('by', [
    z.strictObject({ by: z.literal('header'), name: headerName.describe('Header whose value names the user.') }),
    z.strictObject({
      by: z.literal('cookie'),
      name: cookieName
        .default('sluice-user')
        .describe('Cookie that names the user; set by the gateway when it is missing.'),
    }),
    z.strictObject({ by: z.literal('consumer') }),
    z.strictObject({ by: z.literal('client') }),
  ])
  .describe(
    'Keeps a user at one version: by a header, a cookie, the caller that authentication finds (consumer) or the address (client). Users who have the candidate keep it while its share grows.',
  );

/** What keeps a user at one version. */
export type StickyConfig = z.output<typeof stickyConfig>;

/** Schema of requests that are copied to the candidate. */
export const mirrorConfig = z
  .strictObject({
    percentage: percentage.describe(
      'Share of the requests that is mirrored to the candidate, whose responses are discarded.',
    ),
    unsafeMethods: z
      .boolean()
      .default(false)
      .describe('true mirrors POST, PUT, PATCH and DELETE too: they then happen twice.'),
  })
  .describe('Mirrors requests to the candidate to compare its status and latency.');

/** Requests that are copied to the candidate. */
export type MirrorConfig = z.output<typeof mirrorConfig>;

/** Schema of a request that has to succeed before a candidate gets any traffic. */
export const smokeRequest = z
  .strictObject({
    path: z
      .string()
      .regex(/^\/[\x21-\x7e]{0,2000}$/, 'expected a path that begins with /')
      .refine(...notHidden)
      .describe('Path and query.'),
    method: z.enum(['GET', 'HEAD', 'OPTIONS']).default('GET').describe('A method that changes nothing.'),
    headers: z
      .record(editableHeaderName, headerValue.max(1024).refine(...notHidden))
      .default({})
      .describe('Headers to send.'),
    expectedStatusCode: z.int().min(100).max(599).default(200).describe('Every other status is a failure.'),
  })
  .describe('Sent through the gateway to the candidate before it gets traffic.');

/** A request that has to succeed before a candidate gets any traffic. */
export type SmokeRequest = z.output<typeof smokeRequest>;

/**
 * Schema of how the traffic of a route is divided between its own version and the candidate of a deployment. Written by
 * the deployment alone, never by users; the candidate itself stands beside it.
 */
export const splitConfig = z
  .strictObject({
    deploymentId: z.string().min(1).max(64).describe('The deployment that decides.'),
    epoch: z.int().min(0).describe('Grows with each phase and each share: traffic is counted by it.'),
    percentage: percentage.describe('Share of the candidate, testers not included.'),
    testers: z.array(testerRule).default([]).describe('Requests that always go to the candidate.'),
    sticky: stickyConfig.optional(),
    mirror: mirrorConfig.optional(),
    warm: z
      .strictObject({
        probeToken: z
          .string()
          .min(16)
          .max(128)
          .meta({ secret: true })
          .describe('Marks the smoke requests of the gateway itself.'),
        smoke: z.array(smokeRequest).default([]),
      })
      .optional()
      .describe('The candidate is made ready: connected, checked, tried. Nodes report when it is.'),
    nodes: z.array(z.string()).optional().describe('These nodes send everything to the candidate, all others nothing.'),
    draining: z
      .array(z.string())
      .default([])
      .describe('These nodes report that they are not ready, so that load balancers avoid them.'),
  })
  .describe('How traffic is divided between the version of a route and the candidate of a deployment.');

/** How the traffic of a route is divided, as it is kept. */
export type SplitSettings = z.output<typeof splitConfig>;
