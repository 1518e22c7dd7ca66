import type { CryptoKey, JWTHeaderParameters, JWTPayload } from 'jose';
import type { Role } from '@sluice/model';
import { UnauthorizedError } from './errors.ts';
import { newId } from './secrets.ts';
import type { Random } from './secrets.ts';
import { keyAlgorithm } from './signing-keys.ts';
import type { SigningKeys } from './signing-keys.ts';

export interface SessionClaims {
  readonly username: string;
  readonly sessionId: string;
}

/** Issues and checks the tokens of sessions (RFC 7519, with the advice of RFC 8725). */
export interface SessionTokens {
  issue(
    /** The token expires with its session, at `endsAt`, or earlier. */
    session: SessionClaims & { readonly role: Role; readonly endsAt: number },
  ): Promise<{ readonly token: string; readonly expiresAt: number }>;
  /** Rejects with an UnauthorizedError unless the token is ours and valid now. */
  verify(token: string): Promise<SessionClaims>;
}

export interface SessionTokensOptions {
  readonly keys: SigningKeys;
  /** When set, tokens are signed with it (HS256) instead of the keys. */
  readonly jwtSecret: string | undefined;
  /** Milliseconds. */
  readonly lifetime: number;
  readonly clock: () => number;
  readonly random: Random;
}

const issuer = 'sluice';
const audience = 'sluice-management';
// Says what the token is for, so that no other kind of token signed with the same secret is accepted (RFC 8725, section 3.11).
const type = 'sluice-session+jwt';
const longest = 4096;
const toleranceSeconds = 5;

interface Algorithm {
  readonly name: string;
  sign(): Promise<{ readonly kid?: string; readonly key: CryptoKey | Uint8Array }>;
  /** The key to verify with. The configuration chooses the algorithm, never the token. */
  verify(header: JWTHeaderParameters): Promise<CryptoKey | Uint8Array>;
}

export function createSessionTokens(options: SessionTokensOptions): SessionTokens {
  const { jwtSecret, keys, lifetime, clock, random } = options;
  const algorithm = jwtSecret === undefined ? byKeys(keys) : bySecret(jwtSecret);
  return {
    async issue({ username, sessionId, role, endsAt }) {
      const { SignJWT } = await loadJose();
      const { kid, key } = await algorithm.sign();
      const now = Math.floor(clock() / 1000);
      const expiresAt = Math.min(now + Math.max(1, Math.floor(lifetime / 1000)), Math.ceil(endsAt / 1000));
      const token = await new SignJWT({ sid: sessionId, role })
        .setProtectedHeader({ alg: algorithm.name, typ: type, ...(kid === undefined ? {} : { kid }) })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(username)
        .setIssuedAt(now)
        .setNotBefore(now)
        .setExpirationTime(expiresAt)
        .setJti(newId(random))
        .sign(key);
      return { token, expiresAt: expiresAt * 1000 };
    },
    async verify(token) {
      if (token.length > longest) throw invalid();
      const { errors, jwtVerify } = await loadJose();
      try {
        const { payload } = await jwtVerify(token, (header) => algorithm.verify(header), {
          algorithms: [algorithm.name],
          issuer,
          audience,
          typ: type,
          currentDate: new Date(clock()),
          clockTolerance: toleranceSeconds,
          // Also refuses tokens from the future, and those that live longer than is configured now.
          maxTokenAge: Math.max(1, Math.floor(lifetime / 1000)),
          requiredClaims: ['sub', 'sid', 'iat', 'nbf', 'exp', 'jti'],
        });
        return claimsOf(payload);
      } catch (error) {
        if (error instanceof errors.JWTExpired) throw refusal('the token has expired');
        if (error instanceof errors.JOSEError) throw invalid();
        throw error;
      }
    },
  };
}

/** perf: a gateway at rest that nobody has logged in to does without. */
const loadJose = () => import('jose');

function byKeys(keys: SigningKeys): Algorithm {
  return {
    name: keyAlgorithm,
    async sign() {
      const { kid, privateKey } = await keys.current();
      return { kid, key: privateKey };
    },
    async verify({ kid }) {
      const key = await keys.publicKey(kid);
      if (key === undefined) throw invalid();
      return key;
    },
  };
}

function bySecret(secret: string): Algorithm {
  const key = new TextEncoder().encode(secret);
  return { name: 'HS256', sign: async () => ({ key }), verify: async () => key };
}

function claimsOf({ sub, sid, aud }: JWTPayload): SessionClaims {
  // jose accepts our audience as one of several.
  if (typeof sub !== 'string' || typeof sid !== 'string' || aud !== audience) throw invalid();
  return { username: sub, sessionId: sid };
}

function invalid(): UnauthorizedError {
  return refusal('the token is not valid');
}

/** The error for a token or key that is not valid (RFC 6750, section 3.1). */
export function refusal(message: string): UnauthorizedError {
  return new UnauthorizedError(message, `Bearer realm="sluice", error="invalid_token", error_description="${message}"`);
}
