import { decodeJwt, decodeProtectedHeader, generateKeyPair, importJWK, SignJWT } from 'jose';
import type { CryptoKey, JWK, JWTHeaderParameters, JWTPayload } from 'jose';
import { createPublicKey } from 'node:crypto';
import { signingKeys } from '../../access/collections.ts';
import type { Documents } from './subject.ts';

/** What is different about a token that is otherwise as good as the one it was made from. */
export interface Forgery {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: JWTPayload;
  /** Signs instead of our own key. */
  readonly key?: CryptoKey | Uint8Array;
}

/** Makes tokens with the secrets of the store, so that each is wrong in one thing alone. */
export interface Forge {
  /** A token with these differences, signed. */
  sign(forgery?: Forgery): Promise<string>;
  /** A token that says it is not signed, with a signature or without. */
  unsigned(signature: string): string;
  /** Three forms in which the public key could be mistaken for a secret. */
  readonly publicKey: { readonly raw: Uint8Array; readonly jwk: Uint8Array; readonly pem: Uint8Array };
  /** A key that is not ours. */
  readonly otherKey: CryptoKey;
}

/** Opens the forge for a token that was signed with a key of these documents. */
export async function openForge(token: string, documents: Documents): Promise<Forge> {
  const claims = decodeJwt(token);
  const header = decodeProtectedHeader(token) as JWTHeaderParameters;
  const stored = documents.get(signingKeys)?.find(({ id }) => id === header.kid)?.body;
  if (stored === undefined) throw new Error('the key of the token is not in the store');
  const ours = (await importJWK(stored['privateKey'] as JWK, header.alg)) as CryptoKey;
  const jwk = stored['publicKey'] as JWK;
  const pem = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  const { privateKey: otherKey } = await generateKeyPair('EdDSA');
  return {
    sign: ({ header: otherHeader, claims: otherClaims, key = ours } = {}) =>
      new SignJWT({ ...claims, ...otherClaims }).setProtectedHeader({ ...header, ...otherHeader }).sign(key),
    unsigned: (signature) => `${encoded({ ...header, alg: 'none' })}.${encoded(claims)}.${signature}`,
    publicKey: {
      raw: Buffer.from(jwk.x ?? '', 'base64url'),
      jwk: Buffer.from(JSON.stringify(jwk)),
      pem: Buffer.from(pem),
    },
    otherKey,
  };
}

/** The token with one of its three parts replaced by another that reads well. */
export function tampered(token: string, part: 'header' | 'payload' | 'signature'): string {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const forms = {
    header: [encoded({ ...decodeProtectedHeader(token), extra: 1 }), payload, signature],
    payload: [header, encoded({ ...decodeJwt(token), role: 'Admin', sub: 'admin', extra: 1 }), signature],
    signature: [header, payload, flipped(signature)],
  };
  return forms[part].join('.');
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** One bit is different. */
function flipped(signature: string): string {
  const bytes = Buffer.from(signature, 'base64url');
  bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
  return bytes.toString('base64url');
}
