import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const cipher = 'aes-256-gcm';

/** Encrypts text with a secret, which is not stored anywhere. */
export function seal(text: string, secret: string): string {
  const salt = randomBytes(16);
  const nonce = randomBytes(12);
  const encrypt = createCipheriv(cipher, keyOf(secret, salt), nonce);
  const sealed = Buffer.concat([encrypt.update(text, 'utf8'), encrypt.final()]);
  return Buffer.concat([salt, nonce, encrypt.getAuthTag(), sealed]).toString('base64');
}

/** Decrypts what `seal` encrypted with this secret. Throws when the secret is another one. */
export function unseal(text: string, secret: string): string {
  const bytes = Buffer.from(text, 'base64');
  const decrypt = createDecipheriv(cipher, keyOf(secret, bytes.subarray(0, 16)), bytes.subarray(16, 28));
  decrypt.setAuthTag(bytes.subarray(28, 44));
  return Buffer.concat([decrypt.update(bytes.subarray(44)), decrypt.final()]).toString('utf8');
}

function keyOf(secret: string, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, 'sluice idempotency', 32));
}
