/** What a secret says now; undefined until its file could be read. */
export interface Secret {
  readonly text: string | undefined;
}

/** Finds what a secret says now; undefined while its file cannot be read. */
export type SecretOf = (name: string) => string | undefined;

/** The secrets of files as one thread knows them. */
export class SecretTexts {
  readonly #secrets = new Map<string, { text: string | undefined }>();

  /** Takes over a text. With undefined the name is forgotten; those who hold the secret keep what it said. */
  put(name: string, text: string | undefined): void {
    const known = this.#secrets.get(name);
    if (text === undefined) this.#secrets.delete(name);
    else if (known === undefined) this.#secrets.set(name, { text });
    else known.text = text;
  }

  /** What the file of this name says, to be held by what is compiled: it follows the file. */
  readonly of = (name: string): Secret => {
    const known = this.#secrets.get(name) ?? { text: undefined };
    this.#secrets.set(name, known);
    return known;
  };

  /** What the file of this name says now. */
  readonly textOf: SecretOf = (name) => this.#secrets.get(name)?.text;
}
