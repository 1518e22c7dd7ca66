import type * as Jose from 'jose';
import type { KeySet, VerificationKey } from './key-set.ts';
import type { Token } from './token.ts';

/** Loaded with the first token, and only where a route has the method. */
let jose: Promise<typeof Jose> | undefined;

/** The key that has signed a token; undefined if it is none of these. */
export async function signerOf(token: Token, keys: KeySet): Promise<VerificationKey | undefined> {
  for (const key of keys.candidates(token.algorithm, token.keyName)) if (await isSignedBy(token, key)) return key;
  return undefined;
}

async function isSignedBy({ text, algorithm }: Token, { key }: VerificationKey): Promise<boolean> {
  const { compactVerify, errors } = await (jose ??= import('jose'));
  try {
    await compactVerify(text, key, { algorithms: [algorithm] });
    return true;
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}
