/** A way to write a secret in which somebody who reads it finds it again. */
interface Spelling {
  readonly name: string;
  /** Texts of which one is there if the secret is there in this spelling. */
  readonly of: (secret: string) => readonly string[];
}

const escapedBy = (secret: string, escape: (code: string) => string): string =>
  Array.from(Buffer.from(secret), (byte) => escape(byte.toString(16))).join('');

const spellings: readonly Spelling[] = [
  { name: 'plain', of: (secret) => [secret] },
  { name: 'percent-encoded', of: (secret) => [encodeURIComponent(secret), escapedBy(secret, (code) => `%${code}`)] },
  {
    name: 'percent-encoded twice',
    of: (secret) => [encodeURIComponent(encodeURIComponent(secret)), escapedBy(secret, (code) => `%25${code}`)],
  },
  {
    name: 'JSON-escaped',
    of: (secret) => [JSON.stringify(secret).slice(1, -1), escapedBy(secret, (code) => `\\u00${code}`)],
  },
  { name: 'hexadecimal', of: (secret) => [Buffer.from(secret).toString('hex')] },
  { name: 'base64', of: base64Of },
];

/** In which spelling a text has the secret; undefined when it does not have it. */
export function spellingIn(text: string, secret: string): string | undefined {
  const lower = text.toLowerCase();
  return spellings.find(({ name, of }) =>
    // Letters in base64 mean something else in the other case; everywhere else a reader does not mind.
    of(secret).some((spelled) => (name === 'base64' ? text.includes(spelled) : lower.includes(spelled.toLowerCase()))),
  )?.name;
}

/** What a secret becomes within a longer text depends on where it begins; its first and last letters depend on what is beside it. */
function base64Of(secret: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const text = Buffer.from(`${'x'.repeat(before)}${secret}`);
    const inner = text.toString('base64url').slice(before === 0 ? 0 : 4, -3);
    return [inner, inner.replaceAll('-', '+').replaceAll('_', '/')];
  });
}
