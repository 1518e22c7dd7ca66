import { argon2, timingSafeEqual } from 'node:crypto';
import type { Random } from './secrets.ts';

/** The cost of argon2id: memory in KiB, passes over it, lanes. */
export interface Argon2Cost {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** The parts of a hash in the PHC string format. */
interface PhcHash {
  readonly cost: Argon2Cost;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

const phc = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
const hashBytes = 32;
const saltBytes = 16;
/** Sluice never writes a hash that costs more than this. Checking one could take the machine down. */
const most: Argon2Cost = { memory: 262_144, passes: 16, parallelism: 16 };

/** Hashes a password by argon2id (RFC 9106), off the main thread, into the PHC string format. */
export async function hashPassword(password: string, cost: Argon2Cost, random: Random): Promise<string> {
  const salt = random(saltBytes);
  const hash = await derive(password, { cost, salt, length: hashBytes });
  const { memory, passes, parallelism } = cost;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(hash)}`;
}

/** Whether the password has this hash. Undefined at once when the hash cannot be read. */
export async function matchesPassword(password: string, text: string): Promise<boolean | undefined> {
  const kept = readPhc(text);
  if (kept === undefined) return undefined;
  const hash = await derive(password, { cost: kept.cost, salt: kept.salt, length: kept.hash.length });
  return timingSafeEqual(hash, kept.hash);
}

/** Whether a hash was made at this cost. */
export function hasCost(text: string, cost: Argon2Cost): boolean {
  const kept = readPhc(text)?.cost;
  return kept?.memory === cost.memory && kept.passes === cost.passes && kept.parallelism === cost.parallelism;
}

function readPhc(text: string): PhcHash | undefined {
  const [, m = '', t = '', p = '', salt = '', hash = ''] = phc.exec(text) ?? [];
  const cost = { memory: Number(m), passes: Number(t), parallelism: Number(p) };
  const bytes = { salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') };
  if (bytes.salt.length < 8 || bytes.hash.length < 16 || bytes.hash.length > 64) return undefined;
  if (cost.parallelism < 1 || cost.passes < 1 || cost.memory < 8 * cost.parallelism) return undefined;
  const tooMuch = cost.memory > most.memory || cost.passes > most.passes || cost.parallelism > most.parallelism;
  return tooMuch ? undefined : { cost, ...bytes };
}

function derive(
  password: string,
  { cost, salt, length }: { readonly cost: Argon2Cost; readonly salt: Buffer; readonly length: number },
): Promise<Buffer> {
  // Keyboards differ in how they compose accents (NIST SP 800-63B, section 5.1.1.2).
  const message = password.normalize('NFKC');
  return new Promise((resolve, reject) => {
    argon2('argon2id', { message, nonce: salt, tagLength: length, ...cost }, (error, hash) => {
      if (error === null) resolve(hash);
      else reject(error);
    });
  });
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
