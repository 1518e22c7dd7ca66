import { z } from 'zod';
import { duration } from '../values/duration.ts';
import { httpAddress } from '../values/http-address.ts';
import { roles } from './roles.ts';
import { firstUser, weaknessOf } from '../values/password-rule.ts';
import { line } from '../values/text.ts';

const leastSecretBytes = 32;
/** No timer waits for the rotation of keys, so its interval may be longer than the longest timer. */
const tenYears = 3650 * 86_400_000;

const oidc = z
  .strictObject({
    issuer: httpAddress('https://login.example.com')
      .refine((text) => /^https:|^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])[:/]/.test(`${text}/`), {
        error: 'expected https:// (http only on the same machine): tokens must not be readable on the network',
      })
      .describe('Address of the provider, as its tokens name it.'),
    clientId: line(256).describe('Id of the gateway at the provider.'),
    clientSecret: z
      .string()
      .min(1, 'expected the secret of the client')
      .max(4096)
      .optional()
      .meta({ secret: true })
      .describe('Secret of the gateway at the provider; without one it is a public client (PKCE).'),
    redirectUrl: httpAddress('https://admin.example.com/api/v1/authentication/oidc/callback')
      .optional()
      .describe(
        'Address to which the provider sends people back. If absent, it is taken from the request, as long as the Host there is this machine or one of management.hosts.',
      ),
    usernameClaim: line(256).default('preferred_username').describe('Claim that holds the name of the user.'),
    roleClaim: line(256).default('roles').describe('Claim that holds the groups or roles of the user.'),
    roles: z
      .record(line(256), z.enum(roles))
      .refine((map) => Object.keys(map).length > 0, {
        error: 'expected at least one entry, such as { gateway-admins: Admin }: nobody could log in otherwise',
      })
      .describe('Maps values of the claim to Admin, Operator or Viewer. A user with none of these values is refused.'),
    sessionLifetime: duration(1_000)
      .prefault('1h')
      .describe(
        'How long a session of a user of the provider lasts, within `access.sessionLifetime`. The next login reads the role anew.',
      ),
  })
  .describe('Login with an OpenID Connect provider, beside passwords.');

/** Schema of the access to the management API. */
export const accessConfig = z
  .strictObject({
    adminPassword: z
      .string()
      .max(1024, 'expected at most 1024 characters')
      .superRefine((password, context) => {
        const weakness = weaknessOf(password, firstUser);
        if (weakness !== undefined) context.addIssue(weakness);
      })
      .optional()
      .meta({ secret: true })
      .describe(
        'Password of the user admin, at least 12 characters. Each start sets it if it differs. If absent, the first start prints a random one.',
      ),
    jwtSecret: z
      .string()
      .max(8192)
      .refine((text) => new TextEncoder().encode(text).length >= leastSecretBytes, {
        error: `expected at least ${leastSecretBytes} bytes; "openssl rand -base64 48" makes such a secret`,
      })
      .optional()
      .meta({ secret: true })
      .describe(
        'Secret that signs sessions (HS256). Without it, signing keys are generated, kept in the store and rotated.',
      ),
    tokenLifetime: duration(1_000).prefault('15m').describe('How long a session token is valid.'),
    refreshLifetime: duration(1_000)
      .prefault('168h')
      .describe('How long after its last renewal a session can be renewed, within `sessionLifetime`.'),
    sessionLifetime: duration(1_000)
      .prefault('12h')
      .describe('How long a session lasts after the login, however often it is renewed.'),
    keyRotation: duration(60_000, tenYears).prefault('720h').describe('Age at which a signing key is replaced.'),
    limitFactor: z
      .number()
      .min(0)
      .max(1_000_000)
      .default(1)
      .describe('Multiplies the limits of API requests per user; 0 turns the limits off.'),
    oidc: oidc.optional(),
  })
  .refine(({ tokenLifetime, refreshLifetime }) => tokenLifetime <= refreshLifetime, {
    path: ['refreshLifetime'],
    error: 'shorter than tokenLifetime',
  })
  .prefault({})
  .describe('Who may use the management API, and how they prove who they are.');

/** The access to the management API; durations in milliseconds, `keyRotation` longer than a timer can wait. */
export type AccessConfig = z.output<typeof accessConfig>;
/** Login with an OpenID Connect provider. */
export type OidcConfig = z.output<typeof oidc>;
