import type { JwtAlgorithm, JwtFamily } from '@sluice/model';
import { messageOf } from '@sluice/service/caught-error';
import { createHash, createPublicKey } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';

/** A public key that can verify tokens. */
export interface PublicKey {
  /** Equal for equal keys. */
  readonly id: string;
  /** Its name in its key set. */
  readonly name: string | undefined;
  /** The one algorithm that it is for, if it says so itself. */
  readonly algorithm: JwtAlgorithm | undefined;
  /** The families that a key of its kind can serve, and the algorithms of each. */
  readonly serves: Readonly<Partial<Record<JwtFamily, readonly JwtAlgorithm[]>>>;
  readonly key: KeyObject;
}

/** The keys of a text, and why others in it are not used. */
export interface ReadKeys {
  readonly keys: readonly PublicKey[];
  readonly unused: readonly string[];
}

const mostKeys = 64;
const longestName = 512;
const [leastBits, mostBits] = [2048, 8192];

const curves: Readonly<Record<string, JwtAlgorithm>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' };
const ofRsa = { RS: ['RS256', 'RS384', 'RS512'], PS: ['PS256', 'PS384', 'PS512'] } as const;

/** Reads a key set (RFC 7517 §5). Throws a SyntaxError, which repeats nothing of the text, when it is none. */
export function readKeySet(text: string): ReadKeys {
  const list = keysIn(text);
  if (list.length > mostKeys) throw new SyntaxError(`has more than ${mostKeys} keys`);
  const keys: PublicKey[] = [];
  const unused: string[] = [];
  for (const [index, jwk] of list.entries()) {
    const read = readJwk(jwk);
    if (typeof read === 'string') unused.push(`key ${index + 1} ${read}`);
    else keys.push(read);
  }
  return { keys, unused };
}

/** Reads one public key or certificate as PEM text, or a key set as JSON. Throws a SyntaxError. */
export function readPublicKeyFile(text: string): ReadKeys {
  if (text.trimStart().startsWith('{')) return readKeySet(text);
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text))
    throw new SyntaxError('holds a private key: only the issuer needs it');
  if ((text.match(/-----BEGIN /g) ?? []).length !== 1) throw new SyntaxError('expected one public key as PEM text');
  const read = publicKey(() => createPublicKey(text), {});
  if (typeof read === 'string') throw new SyntaxError(read);
  return { keys: [read], unused: [] };
}

function keysIn(text: string): readonly unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SyntaxError('is not JSON');
  }
  const keys = typeof value === 'object' && value !== null && 'keys' in value ? value.keys : undefined;
  if (!Array.isArray(keys)) throw new SyntaxError('is no key set: it has no list of keys');
  return keys;
}

/** A key of a set, or why it is not used (RFC 7517 §4). */
function readJwk(jwk: unknown): PublicKey | string {
  if (typeof jwk !== 'object' || jwk === null) return 'is no key';
  const { kty, use, key_ops: operations, alg, kid, crv, n, e, x, y, d } = jwk as JsonWebKey & Record<string, unknown>;
  if (kty === 'oct') return 'is a secret, which a key set must not show';
  if (d !== undefined) return 'is a private key, which a key set must not show';
  if (use !== undefined && use !== 'sig') return 'is not for signatures (use)';
  if (Array.isArray(operations) && !operations.includes('verify')) return 'is not for verifying (key_ops)';
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > longestName)) return 'has a kid that is no text';
  // Only what describes the key: a certificate beside it (x5c, x5u) is not looked at.
  const key = { kty, crv, n, e, x, y } as JsonWebKey;
  return publicKey(() => createPublicKey({ key, format: 'jwk' }), { name: kid, alg });
}

function publicKey(
  create: () => KeyObject,
  { name, alg }: { name?: string | undefined; alg?: unknown },
): PublicKey | string {
  let key: KeyObject;
  try {
    key = create();
  } catch (error) {
    return `cannot be read (${messageOf(error).slice(0, 100)})`;
  }
  const serves = algorithmsOf(key);
  if (typeof serves === 'string') return serves;
  const algorithm = Object.values(serves)
    .flat()
    .find((each) => each === alg);
  if (alg !== undefined && algorithm === undefined) return 'is for an algorithm that such a key does not serve (alg)';
  const id = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
  return { id, name, algorithm, serves, key };
}

function algorithmsOf(key: KeyObject): PublicKey['serves'] | string {
  const { modulusLength = 0, publicExponent = 0n, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'rsa': {
      if (modulusLength < leastBits) return `has ${modulusLength} bits; RSA needs at least ${leastBits}`;
      // What is verified with a larger one, or with a large exponent, costs too much.
      if (modulusLength > mostBits || publicExponent > 0xffff_ffffn) return 'is too large';
      return publicExponent < 3n ? 'has an exponent that protects nothing' : ofRsa;
    }
    case 'ec': {
      const algorithm = curves[namedCurve];
      return algorithm === undefined ? 'is on a curve that no algorithm here uses' : { ES: [algorithm] };
    }
    case 'ed25519':
      return { Ed: ['EdDSA'] };
    default:
      return 'is of a kind that no algorithm here uses';
  }
}
