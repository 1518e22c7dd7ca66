import type { Random } from './secrets.ts';

const most = 0xf_ff;

/**
 * Makes UUIDs of version 7 (RFC 9562, section 5.7), which sort by the time of their making. Within one process they do so even
 * in the same millisecond and when the clock goes back (section 6.2, method 1: a counter in `rand_a`).
 */
export function createUuidV7({
  clock,
  random,
}: {
  readonly clock: () => number;
  readonly random: Random;
}): () => string {
  let last = 0;
  let counter = 0;
  return () => {
    const now = Math.floor(clock());
    if (now > last) {
      last = now;
      // The upper half stays free, to leave room for counting.
      counter = random(2).readUInt16BE() & 0x7_ff;
    } else if (counter < most) {
      counter += 1;
    } else {
      last += 1;
      counter = 0;
    }
    return formatUuid(last, counter, random(8));
  };
}

function formatUuid(time: number, counter: number, tail: Buffer): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(time, 0, 6);
  bytes.writeUInt16BE(0x70_00 | counter, 6);
  tail.copy(bytes, 8);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
