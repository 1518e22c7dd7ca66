import type { Secret, SecretTexts } from '../secret-texts.ts';

type Texts = Pick<SecretTexts, 'of' | 'textOf'>;

/**
 * A file that is followed by a part that outlives swaps: its name may be forgotten, and known again under another secret, while
 * the part is there.
 */
export function followedText(file: string, texts: Texts): Secret {
  const held = texts.of(file);
  return {
    get text() {
      return texts.textOf(file) ?? held.text;
    },
  };
}

/** The secret of a client at its provider: as it is written, or the text of its file, which is followed. Undefined if it has none. */
export function clientSecret(inline: string | undefined, file: string | undefined, texts: Texts): Secret | undefined {
  if (inline !== undefined) return { text: inline };
  if (file === undefined) return undefined;
  const followed = followedText(file, texts);
  return {
    get text() {
      const { text } = followed;
      // Each character of the file's text is a byte of it.
      return text === undefined ? undefined : String(Buffer.from(text, 'latin1')).replace(/\r?\n$/, '');
    },
  };
}
