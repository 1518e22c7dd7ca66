/** A field of a protobuf message: an integer, or the bytes of a text or of a message. Fields of other types are passed over. */
export interface ProtoField {
  readonly field: number;
  readonly value: number | Uint8Array;
}

/** Reads the fields of a message from outside, up to the first that makes no sense. */
export function* readFields(bytes: Uint8Array): Generator<ProtoField> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; at < bytes.length; factor *= 0x80) {
      const byte = bytes[at++];
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    return NaN;
  };
  while (at < bytes.length) {
    const key = varint();
    const field = Math.floor(key / 8);
    const wireType = key % 8;
    if (wireType === 0) {
      const value = varint();
      if (Number.isNaN(value)) return;
      yield { field, value };
    } else if (wireType === 2) {
      const end = varint() + at;
      // Also when there is no length.
      if (!(end <= bytes.length)) return;
      yield { field, value: bytes.subarray(at, end) };
      at = end;
    } else if (wireType === 1) at += 8;
    else if (wireType === 5) at += 4;
    else return;
  }
}

/** The value of a field that is a message or a text. */
export function bytesOf(message: Uint8Array, field: number): Uint8Array | undefined {
  for (const { field: number, value } of readFields(message))
    if (number === field && typeof value !== 'number') return value;
  return undefined;
}

/** The value of a field that is an integer; 0 without the field. */
export function integerOf(message: Uint8Array, field: number): number {
  for (const { field: number, value } of readFields(message))
    if (number === field && typeof value === 'number') return value;
  return 0;
}
