import { HeldByName } from './held-by-name.ts';

/** A secret with its current text; undefined until its file could be read. */
export interface Secret {
  readonly text: string | undefined;
}

/** Returns the current text of a secret; undefined while its file cannot be read. */
export type SecretOf = (name: string) => string | undefined;

/** The texts of secrets, or of other files that policies need, as one thread knows them. */
export class SecretTexts {
  readonly #secrets = new HeldByName((): { text: string | undefined } => ({ text: undefined }));

  /** Sets a text. Undefined forgets the name, but those who hold the secret keep its text, and follow it when it is set again. */
  put(name: string, text: string | undefined): void {
    if (text === undefined) this.#secrets.forget(name);
    else this.#secrets.keep(name).text = text;
  }

  /** The secret of this name, to be held by compiled policies. Its text follows the file. */
  readonly of = (name: string): Secret => this.#secrets.of(name);

  /** The current text of the secret of this name. */
  readonly textOf: SecretOf = (name) => this.#secrets.kept(name)?.text;
}

/** What is read of a text, which follows its file: read again when the text is another. Undefined until there is a text. */
export function readOnce<T>(secret: Secret, read: (text: string) => T): () => T | undefined {
  let known: { readonly text: string; readonly value: T } | undefined;
  return () => {
    const { text } = secret;
    if (text === undefined) return undefined;
    if (known?.text !== text) known = { text, value: read(text) };
    return known.value;
  };
}
