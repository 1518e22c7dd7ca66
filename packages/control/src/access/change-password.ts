import { InvalidInputError, UnauthorizedError } from './errors.ts';
import { checkLogin } from './login.ts';
import type { LoginDesk } from './login.ts';
import { checkPassword } from './check-password.ts';
import type { AccessContext, UserPrincipal } from './principal.ts';
import type { Users } from './users.ts';

export interface PasswordChange {
  readonly currentPassword: string;
  readonly newPassword: string;
}

/**
 * Sets the caller's own password, which ends the caller's sessions. Rejects with an InvalidInputError that names
 * `currentPassword` when that is wrong and `newPassword` when that is too weak, and with a ThrottledError like a login.
 */
export async function changePassword(
  { name }: UserPrincipal,
  { currentPassword, newPassword }: PasswordChange,
  { desk, users, context }: { readonly desk: LoginDesk; readonly users: Users; readonly context: AccessContext },
): Promise<void> {
  checkPassword(newPassword, name, 'newPassword');
  const { address, traceId } = context;
  try {
    const { attempt } = await checkLogin(desk, { username: name, password: currentPassword, address, traceId });
    attempt.succeeded();
  } catch (error) {
    // Not a 401, because clients would take that for the end of the session.
    if (error instanceof UnauthorizedError)
      throw new InvalidInputError('currentPassword', 'is not the current password');
    throw error;
  }
  await users.update(name, { password: newPassword }, context);
}
