/** A subscriber could not be told. The message says why, without its address or credentials. */
export class SendError extends Error {
  override readonly name = 'SendError';
  /** It wants to be told nothing any more. */
  readonly isGone: boolean;

  constructor(message: string, { isGone = false }: { readonly isGone?: boolean } = {}) {
    super(message);
    this.isGone = isGone;
  }
}
