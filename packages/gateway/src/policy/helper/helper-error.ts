/**
 * A helper gave no answer that can be used. The message is for the log: it says which helper and why, and repeats nothing of
 * what was sent or received.
 */
export class HelperError extends Error {
  override readonly name = 'HelperError';
  /** Whether the helper was asked: otherwise its circuit is open, or too many questions wait for it. */
  readonly wasAsked: boolean;

  constructor(message: string, { wasAsked = true }: { readonly wasAsked?: boolean } = {}) {
    super(message);
    this.wasAsked = wasAsked;
  }
}
