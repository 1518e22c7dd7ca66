/** This person may not do this, although others may. */
export class ForbiddenActionError extends Error {
  override readonly name = 'ForbiddenActionError';
}
