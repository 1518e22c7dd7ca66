/** Collects a request body, as it is framed, for the mirrored request. A body that is too large is dropped. */
export class MirrorBody {
  /** The largest body that is mirrored, in bytes as they are sent. */
  static readonly limit = 65_536;
  /** The body so far (latin1). */
  text: string;
  tooLarge = false;

  /** `text` is what has come so far. */
  constructor(text: string) {
    this.text = text;
    this.#check();
  }

  /** Takes more of the body. */
  take(chunk: Buffer, start: number, end: number): void {
    if (this.tooLarge) return;
    this.text += chunk.toString('latin1', start, end);
    this.#check();
  }

  #check(): void {
    if (this.text.length <= MirrorBody.limit) return;
    this.tooLarge = true;
    this.text = '';
  }
}
