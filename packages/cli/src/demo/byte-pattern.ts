/** Period of the pattern in bytes. Prime, so that a lost, doubled or swapped network chunk never leaves the pattern intact. */
export const patternPeriod = 65_521;

const period = createPeriod();

/** The bytes `[start, start + length)` of the endless demo pattern; `length` must not exceed one period. */
export function patternSlice(start: number, length: number): Buffer {
  const offset = start % patternPeriod;
  return period.subarray(offset, offset + length);
}

/** Two periods in a row, so that any window of one period is one slice without copying. */
function createPeriod(): Buffer {
  const bytes = Buffer.alloc(patternPeriod * 2);
  let state = 0x9e3779b9;
  for (let index = 0; index < patternPeriod; index++) {
    // xorshift32 (Marsaglia): the same bytes on every machine without a table.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state & 0xff;
  }
  bytes.copy(bytes, patternPeriod, 0, patternPeriod);
  return bytes;
}
