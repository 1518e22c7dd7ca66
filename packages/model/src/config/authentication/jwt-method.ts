import { z } from 'zod';
import { duration } from '../../values/duration.ts';
import { hidden, notHidden } from '../../values/hidden-secrets.ts';
import { httpAddress } from '../../values/http-address.ts';
import { jwtAlgorithms, jwtFamily, leastSecretBytes } from '../../values/jwt-algorithms.ts';
import type { Problem } from '../../values/problem.ts';
import { cookieName, editableHeaderName, filePath, line } from '../../values/text.ts';

const claimName = line(256);

const claims = z
  .strictObject({
    organization: claimName.default('organization').describe('Claim with the organization.'),
    tier: claimName.default('tier').describe('Claim with the tier.'),
    roles: claimName.default('roles').describe('Claim with the roles: a list, or a text with spaces.'),
    permissions: claimName
      .default('permissions')
      .describe('Claim with the permissions, each as resource:action:scope.'),
    scopes: claimName.optional().describe('Claim with the scopes. If absent: scope, else scp, else scopes.'),
  })
  .prefault({})
  .describe('The claims that say what the caller may do. A name such as realm_access.roles leads into a claim.');

/** Schema of the method jwt. */
export const jwtMethod = z
  .strictObject({
    type: z.literal('jwt').describe('A JSON Web Token.'),
    jwksUrl: httpAddress('https://id.example/jwks.json', { query: true })
      .optional()
      .describe('Address of the key set (RFC 7517). Each node fetches it ahead of need and keeps the last good one.'),
    caFile: filePath.optional().describe('PEM file of the authorities to trust for jwksUrl instead of the usual ones.'),
    publicKeyFile: filePath
      .optional()
      .describe('File with the public key: PEM text of a key or a certificate, or a key set as JSON.'),
    secretFile: filePath
      .optional()
      .describe('File with the shared secret of HS256, HS384 or HS512. A line break at its end is not part of it.'),
    secret: z
      .string()
      .min(1)
      .max(8192)
      .refine(...notHidden)
      .optional()
      .meta({ secret: true })
      .describe('The secret itself. It is masked wherever the configuration is shown; prefer secretFile.'),
    algorithms: z
      .array(z.enum(jwtAlgorithms))
      .min(1, 'name the algorithms that the issuer signs with, such as RS256')
      .describe(
        'The algorithms that are accepted; none of them does without a signature. A key serves one family of them alone.',
      ),
    issuer: line(2048).optional().describe('The claim iss has to be exactly this.'),
    audience: z
      .array(line(2048))
      .min(1, 'expected at least one audience; leave audience out to accept any')
      .max(64)
      .optional()
      .describe('One of these has to be in the claim aud.'),
    clockTolerance: duration(0)
      .prefault('0s')
      .refine((ms) => ms <= 600_000, 'expected at most 10m')
      .describe('How far the clocks of issuer and node may differ, for exp, nbf and iat.'),
    requiredClaims: z
      .array(claimName)
      .max(64)
      .default([])
      .describe('Claims that have to be there. With exp among them, a token without an end is refused.'),
    typ: line(128)
      .optional()
      .describe('The header field typ has to be this, such as at+jwt. If absent: JWT, at+jwt or no typ at all.'),
    header: editableHeaderName
      .optional()
      .describe('Header that holds the token, after Bearer or alone. Authorization if nothing else is named.'),
    cookie: cookieName.optional().describe('Cookie that holds the token.'),
    query: line(128)
      .optional()
      .describe('Query parameter that holds the token. Addresses end up in logs: prefer a header.'),
    claims,
  })
  .superRefine((method, context) => {
    for (const { path, message } of jwtProblems(method)) context.addIssue({ code: 'custom', path: [...path], message });
  })
  .describe('A JSON Web Token, signed by an issuer whose keys are known.');

/** Settings of the method jwt; durations in milliseconds. */
export type JwtMethodConfig = z.output<typeof jwtMethod>;

const sources = ['jwksUrl', 'publicKeyFile', 'secretFile', 'secret'] as const;
const places = ['header', 'cookie', 'query'] as const;

type Checked = Pick<JwtMethodConfig, (typeof sources)[number] | (typeof places)[number] | 'algorithms' | 'caFile'>;

/** What is wrong between the fields of the method. */
function jwtProblems(method: Checked): Problem[] {
  const problems: Problem[] = [];
  const given = sources.filter((source) => method[source] !== undefined);
  const named = places.filter((place) => method[place] !== undefined);
  if (given.length !== 1)
    problems.push({ path: given.slice(1, 2), message: `expected exactly one of ${sources.join(', ')}` });
  else problems.push(...keyProblems(given[0], method));
  if (named.length > 1)
    problems.push({
      path: named.slice(1, 2),
      message: 'a token stands in one place: keep one of header, cookie, query',
    });
  if (method.caFile !== undefined && method.jwksUrl?.startsWith('https:') !== true)
    problems.push({ path: ['caFile'], message: 'is for a jwksUrl that begins with https://' });
  return problems;
}

/** RFC 8725 §2.1: whoever may name the algorithm must not be able to use a public key as a secret. */
function keyProblems(source: (typeof sources)[number], { algorithms, secret }: Checked): Problem[] {
  const isSecret = source === 'secret' || source === 'secretFile';
  const wrong = algorithms.findIndex((algorithm) => (jwtFamily(algorithm) === 'HS') !== isSecret);
  if (wrong !== -1) {
    const fix = isSecret ? 'a secret is for HS256, HS384 and HS512' : 'HS256, HS384 and HS512 need secretFile';
    return [{ path: ['algorithms', wrong], message: `${algorithms[wrong]} does not go with ${source}: ${fix}` }];
  }
  if (source === 'publicKeyFile' && new Set(algorithms.map(jwtFamily)).size > 1)
    return [{ path: ['algorithms'], message: 'one key serves one family of algorithms: write a method for each' }];
  const least = leastSecretBytes(algorithms);
  if (secret === undefined || secret === hidden || new TextEncoder().encode(secret).length >= least) return [];
  return [{ path: ['secret'], message: `expected at least ${least} bytes, as many as the hash has` }];
}
