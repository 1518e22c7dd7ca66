import type { JwtMethodConfig } from '@sluice/model';
import type { Identity } from '../../policy.ts';

type Claims = Readonly<Record<string, unknown>>;

/** The identity that the claims of a verified token state. `authority` tells apart the subjects of different issuers. */
export function identityIn(claims: Claims, names: JwtMethodConfig['claims'], authority: string): Identity {
  const scopes =
    names.scopes === undefined ? (claims['scope'] ?? claims['scp'] ?? claims['scopes']) : claim(claims, names.scopes);
  return {
    method: 'jwt',
    // RFC 9068 §2.2 and others: a token that no person stands behind names a client.
    subject: textOf(claims['sub']) ?? textOf(claims['client_id']) ?? textOf(claims['azp']) ?? '',
    authority,
    organization: textOf(claim(claims, names.organization)),
    tier: textOf(claim(claims, names.tier)),
    scopes: wordsOf(scopes),
    roles: wordsOf(claim(claims, names.roles)),
    permissions: wordsOf(claim(claims, names.permissions)),
    claims,
  };
}

/** A claim by its whole name, which may have dots, or else by the way into an object. */
function claim(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const step of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Claims)[step];
  }
  return value;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A list of texts, or one text with spaces (RFC 8693 §4.2). */
function wordsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.split(' ').filter((word) => word !== '');
  return Array.isArray(value) ? value.filter((word): word is string => typeof word === 'string') : [];
}
