import { constants, createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** The algorithms that are measured, one of each family. */
export const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA', 'HS256'] as const;
type Algorithm = (typeof algorithms)[number];

/** Who signs tokens, with one key. */
export interface Issuer {
  readonly algorithm: Algorithm;
  /** What the gateway verifies with: the field of the method, and the content of its file. */
  readonly file: { readonly field: 'publicKeyFile' | 'secretFile'; readonly text: string };
  /** A token as identity providers make them, of about 500 bytes; another one for each number. */
  token(index: number): string;
}

export const issuer = 'https://id.example';
export const audience = 'bench';

/** Makes an issuer with a new key. */
export function createIssuer(algorithm: Algorithm): Issuer {
  const { file, signatureOf } = keyFor(algorithm);
  const header = encode({ alg: algorithm, typ: 'at+jwt' });
  const now = Math.floor(Date.now() / 1000);
  const token = (index: number): string => {
    const times = { iat: now, exp: now + 86_400 };
    const caller = { sub: `user-${index}`, email: `user-${index}@shop.example`, tier: 'premium', roles: ['customer'] };
    const claims = { iss: issuer, aud: [audience], ...times, ...caller, scope: 'orders:read orders:write' };
    const text = `${header}.${encode(claims)}`;
    return `${text}.${signatureOf(Buffer.from(text)).toString('base64url')}`;
  };
  return { algorithm, file, token };
}

type Signer = (text: Buffer) => Buffer;

function keyFor(algorithm: Algorithm): Pick<Issuer, 'file'> & { readonly signatureOf: Signer } {
  if (algorithm === 'HS256') {
    const secret = randomBytes(32).toString('hex');
    const signatureOf: Signer = (text) => createHmac('sha256', secret).update(text).digest();
    return { file: { field: 'secretFile', text: secret }, signatureOf };
  }
  const { publicKey, privateKey } = pairFor(algorithm);
  const text = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return { file: { field: 'publicKeyFile', text }, signatureOf: signerFor(algorithm, privateKey) };
}

function pairFor(algorithm: Exclude<Algorithm, 'HS256'>): {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
} {
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519');
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

/** RFC 7518 §3.4 and §3.5: the forms of signatures that the libraries of Node do not have by default. */
function signerFor(algorithm: Algorithm, key: KeyObject): Signer {
  if (algorithm === 'EdDSA') return (text) => sign(null, text, key);
  if (algorithm === 'ES256') return (text) => sign('sha256', text, { key, dsaEncoding: 'ieee-p1363' });
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  return (text) => sign('sha256', text, { key, ...(algorithm === 'PS256' && pss) });
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
