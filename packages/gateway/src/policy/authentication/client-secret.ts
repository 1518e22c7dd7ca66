import type { Secret, SecretTexts } from '../secret-texts.ts';

/** The secret of a client at its provider: as it is written, or the text of its file, which is followed. Undefined if it has none. */
export function clientSecret(
  inline: string | undefined,
  file: string | undefined,
  texts: Pick<SecretTexts, 'of'>,
): Secret | undefined {
  if (inline !== undefined) return { text: inline };
  if (file === undefined) return undefined;
  const held = texts.of(file);
  return {
    get text() {
      const { text } = held;
      // Each character of the file's text is a byte of it.
      return text === undefined ? undefined : String(Buffer.from(text, 'latin1')).replace(/\r?\n$/, '');
    },
  };
}
