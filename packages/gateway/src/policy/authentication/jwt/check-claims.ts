import type { JwtMethodConfig } from '@sluice/model';
import type { Token } from './token.ts';

/** What a method asks of a token besides its signature. */
export type Wishes = Pick<JwtMethodConfig, 'issuer' | 'audience' | 'clockTolerance' | 'requiredClaims' | 'typ'>;

/** When a token is good, in milliseconds since 1970. */
export interface Validity {
  readonly from: number;
  /** It is no longer good then. */
  readonly until: number;
}

/** The types of tokens that say who may call: RFC 7519 §5.1, RFC 9068 §2.1. */
const usualTypes = new Set(['jwt', 'at+jwt']);

/** When the claims of a token are good, or why they never are (RFC 7519 §4.1). */
export function checkClaims({ type, claims }: Pick<Token, 'type' | 'claims'>, wishes: Wishes): Validity | string {
  const { issuer, audience, requiredClaims, clockTolerance } = wishes;
  if (!isRightType(type, wishes.typ)) return 'the token is of another type';
  const missing = requiredClaims.some((name) => !Object.hasOwn(claims, name) || claims[name] === null);
  if (missing) return 'a claim is missing that is required';
  // Exactly: names that only look alike are others.
  if (issuer !== undefined && claims['iss'] !== issuer) return 'the token is of another issuer';
  if (audience !== undefined && !isFor(audience, claims['aud'])) return 'the token is for another audience';
  if (claims['sub'] !== undefined && typeof claims['sub'] !== 'string') return 'the claim sub is not a text';
  const [exp, nbf, iat] = [claims['exp'], claims['nbf'], claims['iat']];
  if (!isTime(exp) || !isTime(nbf) || !isTime(iat)) return 'exp, nbf or iat is not a time';
  const from = Math.max(nbf ?? -Infinity, iat ?? -Infinity) * 1000 - clockTolerance;
  return { from, until: (exp ?? Infinity) * 1000 + clockTolerance };
}

function isRightType(type: string | undefined, wanted: string | undefined): boolean {
  const name = type?.toLowerCase().replace(/^application\//, '');
  if (wanted !== undefined) return name === wanted.toLowerCase().replace(/^application\//, '');
  return name === undefined || usualTypes.has(name);
}

function isFor(accepted: readonly string[], audience: unknown): boolean {
  const named: readonly unknown[] = Array.isArray(audience) ? audience : [audience];
  return named.some((name) => typeof name === 'string' && accepted.includes(name));
}

function isTime(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === 'number' && Number.isFinite(value));
}
