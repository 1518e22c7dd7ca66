import type { ConsumerDocument } from '@sluice/model';

/** Where consumers come from. What the file says counts more than what control says. */
export type ConsumerOrigin = 'file' | 'control';

/** Int32 places at the beginning of a record. The sequence is odd while the record is nobody's. */
export const head = {
  sequence: 0,
  flags: 1,
  keys: 2,
  textBytes: 3,
  expiresAt: 4,
  profileBytes: 6,
  profile: 7,
  length: 8,
} as const;

const none: readonly string[] = [];

export const flag = { enabled: 1, file: 2 } as const;

/** Int32 places of a key: its digest, when it expires as a Float64, and when it was used last, in seconds since 1970. */
export const keyPlaces = { digest: 0, expiresAt: 8, usedAt: 10, length: 12 } as const;

/** The Int32 place of a key of the record that begins at this block. */
export function keyAt(record: number, key: number): number {
  return 16 * record + head.length + keyPlaces.length * key;
}

/** The byte at which the texts of a record begin. */
export function textStart(record: number, keys: number): number {
  return 4 * keyAt(record, keys);
}

export interface EncodeOptions {
  readonly origin: ConsumerOrigin;
  /** Gives equal profiles the same number. */
  readonly numberOf: (profile: string) => number;
  /** When a key was used last. */
  readonly usedAt: (hash: string) => number;
}

/** The bytes of a record. */
export function encodeConsumer(consumer: ConsumerDocument, { origin, numberOf, usedAt }: EncodeOptions): Buffer {
  const { consumerId, name, organization, tier, scopes, roles, permissions, subjects, keys } = consumer;
  const own = [consumerId, name, keys.map(({ keyId }) => keyId).join('\t'), subjects.join('\t')].join('\n');
  const profile = [organization, tier, ...[scopes, roles, permissions].map((list) => list.join('\t'))].join('\n');
  const start = textStart(0, keys.length);
  const ownBytes = Buffer.byteLength(own);
  const encoded = Buffer.alloc(start + ownBytes + Buffer.byteLength(profile));
  const flags = (consumer.isEnabled ? flag.enabled : 0) | (origin === 'file' ? flag.file : 0);
  encoded.writeInt32LE(flags, 4 * head.flags);
  encoded.writeInt32LE(keys.length, 4 * head.keys);
  encoded.writeInt32LE(ownBytes, 4 * head.textBytes);
  encoded.writeDoubleLE(timeOf(consumer.expiresAt), 4 * head.expiresAt);
  encoded.writeInt32LE(encoded.length - start - ownBytes, 4 * head.profileBytes);
  encoded.writeInt32LE(numberOf(profile), 4 * head.profile);
  for (const [index, { hash, expiresAt }] of keys.entries()) {
    const at = 4 * keyAt(0, index);
    encoded.write(hash, at, 'hex');
    encoded.writeUInt32LE(usedAt(hash), at + 4 * keyPlaces.usedAt);
    encoded.writeDoubleLE(timeOf(expiresAt), at + 4 * keyPlaces.expiresAt);
  }
  encoded.write(own, start);
  encoded.write(profile, start + ownBytes);
  return encoded;
}

/** The eight words of a digest in hexadecimal, as records have them. */
export function digestWords(digest: string, words = new Int32Array(8)): Int32Array {
  for (let word = 0; word < 8; word++) {
    const at = 8 * word;
    const low = byteOf(digest, at) | (byteOf(digest, at + 2) << 8);
    words[word] = low | (byteOf(digest, at + 4) << 16) | (byteOf(digest, at + 6) << 24);
  }
  return words;
}

/** A list as texts have it. */
export function listOf(text: string | undefined): readonly string[] {
  if (text === undefined || text === '') return none;
  return text.includes('\t') ? text.split('\t') : [text];
}

function byteOf(digest: string, at: number): number {
  return (digitOf(digest.charCodeAt(at)) << 4) | digitOf(digest.charCodeAt(at + 1));
}

function digitOf(code: number): number {
  return code < 58 ? code - 48 : code - 87;
}

function timeOf(at: string | undefined): number {
  return at === undefined ? Number.POSITIVE_INFINITY : Date.parse(at);
}
