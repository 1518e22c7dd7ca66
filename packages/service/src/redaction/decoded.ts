const escape = /%([0-9a-f]{2})/gi;

/** Nobody reads more than a few layers of percent-encoding. */
const mostLayers = 5;

/** A text without its layers of percent-encoding, as the last of several servers in a row would read it. */
export function decoded(text: string): string {
  let plain = text;
  for (let layer = 0; layer < mostLayers && plain.includes('%'); layer++) {
    const next = plain.replaceAll(escape, (_escape, hex: string) => String.fromCharCode(parseInt(hex, 16)));
    if (next === plain) break;
    plain = next;
  }
  return plain;
}
