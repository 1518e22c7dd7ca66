/** Byte classes of HTTP/1.1 heads, as lookup tables (perf: one load per byte instead of comparisons). */

export const crByte = 13;
export const lfByte = 10;
export const spByte = 32;
export const htabByte = 9;
export const colonByte = 58;

/** `tchar` of RFC 9110 §5.6.2: what a method or a field name may consist of. */
export const tokenBytes = table((byte) => /[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(String.fromCharCode(byte)));
tokenBytes[95] = 2; // `_` has a class of its own: a name with an underscore is refused or dropped later

/** What a field value may hold: visible ASCII, space, tab and obs-text (RFC 9110 §5.5). */
export const fieldValueBytes = table((byte) => byte === htabByte || (byte >= spByte && byte !== 127));

/** What a request target may hold: visible ASCII. `#` is refused since a fragment is never sent (RFC 9112 §3.2). */
export const targetBytes = table((byte) => byte > spByte && byte < 127 && byte !== 35);

/** The value of a hexadecimal digit, or 255. */
export const hexValues = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(byte).toLowerCase());
  return digit === -1 ? 255 : digit;
});

function table(includes: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (includes(byte) ? 1 : 0));
}
