import { z } from 'zod';
import { editableHeaderName, line } from '../../values/text.ts';
import { apiKeyMethod } from './api-key-method.ts';
import { basicMethod } from './basic-method.ts';
import { externalMethod } from './external-method.ts';
import { jwtMethod } from './jwt-method.ts';
import { introspectionMethod } from './introspection-method.ts';
import { oidcMethod } from './oidc-method.ts';
import { mtlsMethod } from './mtls-method.ts';

/** Schema of one way to find out who sends a request. */
export const authenticationMethod = z.discriminatedUnion('type', [
  apiKeyMethod,
  basicMethod,
  jwtMethod,
  introspectionMethod,
  externalMethod,
  oidcMethod,
  mtlsMethod,
]);

/** Settings of one way to find out who sends a request. */
export type AuthenticationMethodConfig = z.output<typeof authenticationMethod>;

/** Fields of a request that the gateway writes itself, or that say how its body is to be read. */
const written =
  /^(?:forwarded|via|expect|max-forwards|x-forwarded-.*|x-real-ip|x-request-id|(?:x-)?(?:gateway|sluice)-.*|content-.*)$/i;

const identityHeader = editableHeaderName.refine((name) => !written.test(name), {
  error: 'the gateway writes this header itself, or it describes the body: choose another name',
});

const forward = z
  .strictObject({
    subject: identityHeader.optional().describe('Header for the subject: who it is in the words of the method.'),
    organization: identityHeader.optional().describe('Header for the organization of the consumer.'),
    tier: identityHeader.optional().describe('Header for the tier of the consumer.'),
    claims: z
      .record(line(256), identityHeader)
      .default({})
      .describe('Headers for claims: the name of the claim, and its header.'),
  })
  .superRefine((names, context) => {
    const seen = new Set<string>();
    for (const [path, name] of namesIn(names)) {
      const key = name.toLowerCase().replaceAll('_', '-');
      if (seen.has(key)) context.addIssue({ code: 'custom', path, message: 'this header is named twice' });
      seen.add(key);
    }
  })
  .prefault({})
  .describe(
    'Headers that tell backends who sends a request. What clients send under these names never reaches a backend.',
  );

/** Schema of how a route finds out who sends a request. */
export const authenticationConfig = z
  .strictObject({
    methods: z
      .array(authenticationMethod)
      .min(1, 'expected at least one method; leave authentication out for a route that everybody may use')
      .max(16)
      .describe('Asked in this order. The first one that finds its credentials in a request decides.'),
    anonymous: z
      .boolean()
      .default(false)
      .describe(
        'true lets requests without credentials pass, without an identity. Bad credentials are refused all the same.',
      ),
    forward,
  })
  .describe('Who may call: finds out who sends a request, and refuses requests without good credentials.');

/** How a route finds out who sends a request, validated and with its defaults. */
export type AuthenticationConfig = z.output<typeof authenticationConfig>;
/** Headers that tell backends who sends a request. */
export type ForwardConfig = AuthenticationConfig['forward'];

function namesIn(names: {
  readonly subject?: string | undefined;
  readonly organization?: string | undefined;
  readonly tier?: string | undefined;
  readonly claims: Readonly<Record<string, string>>;
}): [path: string[], name: string][] {
  const { subject, organization, tier, claims } = names;
  const own = Object.entries({ subject, organization, tier }).flatMap(([key, name]): [string[], string][] =>
    name === undefined ? [] : [[[key], name]],
  );
  return [...own, ...Object.entries(claims).map(([claim, name]): [string[], string] => [['claims', claim], name])];
}
