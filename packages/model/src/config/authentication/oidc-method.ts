import { z } from 'zod';
import { duration } from '../../values/duration.ts';
import { notHidden } from '../../values/hidden-secrets.ts';
import { httpAddress } from '../../values/http-address.ts';
import { filePath, line } from '../../values/text.ts';
import { clientSecret, clientSecretFile, helperCaFile, helperTimeout } from './helper-fields.ts';

const leastSecretBytes = 32;

/** A path that only the login answers. */
const ownPath = z
  .string()
  .max(1024)
  .regex(/^(?:\/[A-Za-z0-9._~-]+)+$/, 'expected a path such as /shop/oidc/callback, without a query')
  .refine((path) => !path.split('/').some((step) => step === '.' || step === '..'), 'expected a path without . and ..');

const claimName = line(256);

/** Schema of the method oidc. */
export const oidcMethod = z
  .strictObject({
    type: z.literal('oidc').describe('This method.'),
    issuer: httpAddress('https://login.example.com')
      .refine((text) => /^https:|^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])[:/]/.test(`${text}/`), {
        error: 'expected https:// (http only on the same machine): tokens must not be readable on the network',
      })
      .describe('Address of the provider, as its tokens name it.'),
    clientId: line(256).describe('Id of the gateway at the provider.'),
    clientSecretFile,
    clientSecret,
    cookieSecretFile: filePath
      .optional()
      .describe(
        'File with the secret that encrypts sessions, at least 32 bytes. If absent, the secret of the client serves. All nodes need the same.',
      ),
    cookieSecret: z
      .string()
      .max(4096)
      .refine((text) => new TextEncoder().encode(text).length >= leastSecretBytes, {
        error: `expected at least ${leastSecretBytes} bytes; "openssl rand -base64 48" makes such a secret`,
      })
      .refine(...notHidden)
      .optional()
      .describe('The secret itself. It is masked wherever the configuration is shown; prefer cookieSecretFile.'),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/, 'expected a scope: no spaces, no quotes'))
      .max(64)
      .default(['openid'])
      .refine((scopes) => scopes.includes('openid'), 'expected openid among them')
      .describe('Scopes that are asked for. With offline_access, many providers give a refresh token.'),
    publicUrl: httpAddress('https://shop.example.com')
      .refine((text) => new URL(text).pathname === '/', 'expected an address without a path')
      .optional()
      .describe(
        'Address under which browsers reach the gateway. If absent, the host of the request counts: then let the route name its hosts.',
      ),
    callbackPath: ownPath
      .optional()
      .describe(
        'Path to which the provider sends browsers back. If absent: oidc/callback below the path of the route.',
      ),
    loginPath: ownPath
      .optional()
      .describe(
        'Path that begins a login; return_to says where it leads. If absent: oidc/login below the path of the route.',
      ),
    logoutPath: ownPath
      .optional()
      .describe('Path that ends a session. If absent: oidc/logout below the path of the route.'),
    afterLogout: z
      .string()
      .max(1024)
      .regex(/^\/(?![/\\])[\x21-\x7e]*$/, 'expected a path on the same host, such as /goodbye')
      .optional()
      .describe('Path to which a browser comes after a logout. It has to be registered at the provider.'),
    endSession: z
      .boolean()
      .default(true)
      .describe('true logs out at the provider as well, if it has an end_session_endpoint.'),
    sessionLifetime: duration(1_000).prefault('12h').describe('How long a session lasts after the login.'),
    idleLifetime: duration(1_000).prefault('1h').describe('How long a session lasts without a request.'),
    claims: z
      .array(claimName)
      .max(32)
      .default(['email', 'name', 'preferred_username', 'scope', 'roles', 'permissions', 'organization', 'tier'])
      .describe('Claims of the ID token that are kept in the session, beside iss and sub.'),
    caFile: helperCaFile,
    timeout: helperTimeout('5s'),
  })
  .superRefine((method, context) => {
    for (const [path, message] of oidcProblems(method)) context.addIssue({ code: 'custom', path: [path], message });
  })
  .describe('Login of people in browsers at an OpenID provider.');

/** Settings of the method oidc; durations in milliseconds. */
export type OidcMethodConfig = z.output<typeof oidcMethod>;

type Checked = Pick<
  OidcMethodConfig,
  | 'clientSecret'
  | 'clientSecretFile'
  | 'cookieSecret'
  | 'cookieSecretFile'
  | 'caFile'
  | 'issuer'
  | 'idleLifetime'
  | 'sessionLifetime'
>;

function* oidcProblems(method: Checked): Generator<[field: keyof OidcMethodConfig, message: string]> {
  const client = method.clientSecret ?? method.clientSecretFile;
  const cookie = method.cookieSecret ?? method.cookieSecretFile;
  if (method.clientSecret !== undefined && method.clientSecretFile !== undefined)
    yield ['clientSecret', 'keep one of clientSecretFile, clientSecret'];
  if (method.cookieSecret !== undefined && method.cookieSecretFile !== undefined)
    yield ['cookieSecret', 'keep one of cookieSecretFile, cookieSecret'];
  if (client === undefined && cookie === undefined)
    yield ['cookieSecretFile', 'is missing: a client without a secret needs one to encrypt its sessions'];
  if (method.caFile !== undefined && !method.issuer.startsWith('https:'))
    yield ['caFile', 'is for an issuer that begins with https://'];
  if (method.idleLifetime > method.sessionLifetime) yield ['idleLifetime', 'is longer than sessionLifetime'];
}
