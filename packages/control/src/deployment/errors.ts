/** Somebody may do this, but not this person in this case. */
export class ForbiddenActionError extends Error {
  override readonly name = 'ForbiddenActionError';
}
