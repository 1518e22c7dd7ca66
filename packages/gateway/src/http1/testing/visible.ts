/** Bytes (as latin1 text) written so that they can be read, and pasted into a test: `\r\n`, `\x00`. */
export function visible(text: string): string {
  let shown = '';
  for (const character of text) shown += escapes[character] ?? plainOrHex(character);
  return `'${shown}'`;
}

const escapes: Record<string, string> = { '\r': '\\r', '\n': '\\n', '\t': '\\t', '\\': '\\\\', "'": "\\'" };

function plainOrHex(character: string): string {
  const code = character.charCodeAt(0);
  return code >= 32 && code < 127 ? character : `\\x${code.toString(16).padStart(2, '0')}`;
}
