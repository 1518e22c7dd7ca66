import { weaknessOf } from '@sluice/model';
import { InvalidInputError } from './errors.ts';

/** Throws an InvalidInputError that names `field` when the password is too weak. */
export function checkPassword(password: string, username: string, field = 'password'): void {
  const weakness = weaknessOf(password, username);
  if (weakness !== undefined) throw new InvalidInputError(field, weakness);
}
