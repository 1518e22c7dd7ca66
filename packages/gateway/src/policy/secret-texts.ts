/** A secret with its current text; undefined until its file could be read. */
export interface Secret {
  readonly text: string | undefined;
}

/** Returns the current text of a secret; undefined while its file cannot be read. */
export type SecretOf = (name: string) => string | undefined;

/** The texts of secrets, or of other files that policies need, as one thread knows them. */
export class SecretTexts {
  readonly #secrets = new Map<string, { text: string | undefined }>();

  /** Sets a text. Undefined forgets the name, but those who hold the secret keep its text. */
  put(name: string, text: string | undefined): void {
    const known = this.#secrets.get(name);
    if (text === undefined) this.#secrets.delete(name);
    else if (known === undefined) this.#secrets.set(name, { text });
    else known.text = text;
  }

  /** The secret of this name, to be held by compiled policies. Its text follows the file. */
  readonly of = (name: string): Secret => {
    const known = this.#secrets.get(name) ?? { text: undefined };
    this.#secrets.set(name, known);
    return known;
  };

  /** The current text of the secret of this name. */
  readonly textOf: SecretOf = (name) => this.#secrets.get(name)?.text;
}
