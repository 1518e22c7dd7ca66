import { CommandFailure } from '../command/command.ts';
import type { Arguments, Context } from '../command/command.ts';
import { askHidden, canAsk } from '../terminal/ask.ts';
import { readSecretFile, secretVariable } from './read-secret.ts';

/** The flag of every command that needs a password. No flag takes the password itself. */
export const passwordFileFlag = {
  name: 'password-file',
  value: 'FILE',
  description: 'Read the password from a file, or from standard input (-)',
} as const;

/** An existing password: from --password-file, SLUICE_PASSWORD or SLUICE_PASSWORD_FILE, else asked for. */
export async function givenPassword(args: Arguments, context: Context, question = 'Password'): Promise<string> {
  const password = await passwordWithoutAsking(args, context);
  if (password !== undefined) return password;
  if (canAsk(context)) return askHidden(question, context);
  throw new CommandFailure(
    'there is no terminal to ask for the password: use --password-file FILE (- for standard input), ' +
      'SLUICE_PASSWORD or SLUICE_PASSWORD_FILE',
  );
}

/** A new password, asked for twice when it is asked for. */
export async function newPassword(args: Arguments, context: Context): Promise<string> {
  const password = await passwordWithoutAsking(args, context);
  if (password !== undefined) return password;
  if (!canAsk(context)) return givenPassword(args, context);
  return askTwice(context);
}

/** Asks for a new password. Only when `canAsk`. */
export async function askTwice(context: Context): Promise<string> {
  const first = await askHidden('New password', context);
  if ((await askHidden('New password again', context)) !== first) {
    throw new CommandFailure('the two passwords differ: nothing was changed');
  }
  return first;
}

async function passwordWithoutAsking({ options }: Arguments, context: Context): Promise<string | undefined> {
  const file = options['password-file'];
  return file !== undefined ? readSecretFile(file, context) : secretVariable('SLUICE_PASSWORD', context);
}
