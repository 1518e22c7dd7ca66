import { InvalidInputError } from './errors.ts';

const pattern = /^[A-Za-z0-9._@-]{1,64}$/;

/** The id of the user with this name, in lower case. `?` for a name that no user can have. */
export function userId(username: string): string {
  return pattern.test(username) ? username.toLowerCase() : '?';
}

/** Throws an InvalidInputError when no user can have this name. */
export function checkUsername(username: string): void {
  if (!pattern.test(username)) {
    throw new InvalidInputError('username', 'must be 1 to 64 letters, digits and . _ @ -');
  }
}
