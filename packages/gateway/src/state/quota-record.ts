import { createHash } from 'node:crypto';
import type { HashKey } from './key-hash.ts';
import { limitCell } from './limit-table.ts';
import type { LimitTable } from './limit-table.ts';

/** What callers have used of their daily quotas, as it is on disk. */
export interface QuotaRecord {
  /** The UTC day, counted from 1970. */
  readonly day: number;
  /** The secret by which callers are hashed: their names are not kept. */
  readonly secret: HashKey;
  /** Three numbers per caller: both halves of the hash, and what was used. */
  readonly counts: Int32Array;
}

const dayMs = 86_400_000;
/** The first bytes of a file: name and version of the format. */
const mark = Buffer.from('SLUICEQ1');
const headLength = mark.length + 3 * 4;
const checksumLength = 32;
const perCaller = 3;

/** What the quotas hold now. */
export function readQuotas(table: LimitTable, now: number, wallClock: number): QuotaRecord {
  const counts: number[] = [];
  for (const at of table.cells(now)) {
    counts.push(table.ints[at], table.ints[at + limitCell.high], table.ints[at + limitCell.used]);
  }
  return { day: Math.floor(wallClock / dayMs), secret: table.secret, counts: Int32Array.from(counts) };
}

/** Puts back what was used, unless the day is over. Before any worker runs. */
export function restoreQuotas(table: LimitTable, { day, counts }: QuotaRecord, now: number, wallClock: number): void {
  if (day !== Math.floor(wallClock / dayMs)) return;
  const until = now + dayMs - (wallClock % dayMs);
  for (let i = 0; i < counts.length; i += perCaller) {
    const [low, high, used] = counts.subarray(i, i + perCaller);
    const at = table.claim(table.setOf(low), low, high, now);
    table.floats[(at + limitCell.until) >> 1] = until;
    table.ints[at + limitCell.used] = used;
    table.halves[at + limitCell.limit] = used;
  }
}

/** The bytes of a record, with a checksum at the end. */
export function encodeQuotas({ day, secret, counts }: QuotaRecord): Buffer {
  const head = Buffer.alloc(12);
  [day, ...secret].forEach((number, index) => head.writeInt32LE(number, 4 * index));
  const body = Buffer.concat([mark, head, Buffer.from(counts.buffer, counts.byteOffset, counts.byteLength)]);
  return Buffer.concat([body, checksumOf(body)]);
}

/** Reads what `encodeQuotas` made; undefined for anything else. */
export function decodeQuotas(bytes: Buffer): QuotaRecord | undefined {
  const length = bytes.length - headLength - checksumLength;
  if (length < 0 || length % (4 * perCaller) !== 0 || !bytes.subarray(0, mark.length).equals(mark)) return undefined;
  const body = bytes.subarray(0, bytes.length - checksumLength);
  if (!checksumOf(body).equals(bytes.subarray(body.length))) return undefined;
  const [day, low, high] = [0, 4, 8].map((at) => bytes.readInt32LE(mark.length + at));
  const counts = new Int32Array(length / 4);
  for (let i = 0; i < counts.length; i++) counts[i] = bytes.readInt32LE(headLength + 4 * i);
  return { day, secret: [low, high], counts };
}

function checksumOf(body: Buffer): Buffer {
  return createHash('sha256').update(body).digest();
}
