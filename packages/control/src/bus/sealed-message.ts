import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Json } from '../store/store.ts';
import { largestMessage } from './bus.ts';

/** Travels over Redis with a message: the bus that sent it, its number there, and the time in milliseconds since 1970. */
export interface Seal {
  readonly from: string;
  readonly number: number;
  readonly at: number;
}

const seal = z.object({ from: z.string().max(64), number: z.int().min(1), at: z.int() });
/** More than a seal and its code add to a message. */
const sealSize = 300;
/** The length of HMAC-SHA256 in base64url. */
const codeLength = 43;

/** The text of a message with its seal. It begins with a code that only a holder of the key can make (HMAC, RFC 2104). */
export function sealMessage(key: Buffer, topic: string, { seal: own, text }: { seal: Seal; text: string }): string {
  const content = `${JSON.stringify(own).slice(0, -1)},"message":${text}}`;
  return `${codeOf(key, topic, content).toString('base64url')}.${content}`;
}

/** Reads what `sealMessage` wrote for this topic; undefined for anything else, because anybody may publish anything. */
export function openMessage(
  key: Buffer,
  topic: string,
  sealed: string,
): (Seal & { readonly message: Json }) | undefined {
  if (sealed.length > largestMessage + sealSize || sealed[codeLength] !== '.') return undefined;
  const given = Buffer.from(sealed.slice(0, codeLength), 'base64url');
  const content = sealed.slice(codeLength + 1);
  const expected = codeOf(key, topic, content);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const { message, ...own } = JSON.parse(content) as Seal & { readonly message: Json };
  return seal.safeParse(own).success ? { ...own, message } : undefined;
}

function codeOf(key: Buffer, topic: string, content: string): Buffer {
  return createHmac('sha256', key).update(`${topic}\n${content}`).digest();
}
