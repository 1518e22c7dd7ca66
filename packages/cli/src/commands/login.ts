import { CommandFailure, UsageError } from '../command/command.ts';
import type { Arguments, Command, Context } from '../command/command.ts';
import { connectForLogin, insecureFlag } from '../remote/connect.ts';
import { urlFlag } from '../remote/find-url.ts';
import { askTwice, givenPassword, passwordFileFlag } from '../secrets/choose-password.ts';
import { readSecretFile } from '../secrets/read-secret.ts';
import { savedSession } from '../session/session-fetch.ts';
import { openSessionStore } from '../session/session-store.ts';
import { printDone } from '../terminal/print.ts';
import { styleFor } from '../terminal/style.ts';
import { askText, canAsk } from '../terminal/ask.ts';

export const login: Command = {
  name: 'login',
  summary: 'Log in to a running Sluice, for the commands that talk to it',
  positionals: ['[USER]'],
  flags: [
    urlFlag,
    passwordFileFlag,
    { name: 'new-password-file', value: 'FILE', description: 'The new password, for when it has to be changed' },
    insecureFlag,
    { name: 'json', description: 'Print JSON' },
  ],
  notes: [
    'The password is asked for, or comes from --password-file, SLUICE_PASSWORD or SLUICE_PASSWORD_FILE.',
    'A password that somebody else set has to be changed first: you are asked for a new one.',
    'The session is kept in ~/.config/sluice/session.json, readable by you alone, until sluice logout or until it ends.',
    'Programs use an API key instead: sluice key create, then SLUICE_API_KEY_FILE.',
  ],
  async run(args, context) {
    const { url, call } = await connectForLogin(args, context);
    const username = await chooseUser(args.positionals[0], context);
    const password = await givenPassword(args, context, `Password of ${username} at ${url}`);
    const answer = await call(async (client) => {
      const first = await client.login({ body: { username, password } });
      const next = first.user.mustChangePassword ? await nextPassword(args, context) : undefined;
      if (next === undefined) return first;
      await client.changePassword({ body: { currentPassword: password, newPassword: next } });
      return client.login({ body: { username, password: next } });
    });
    const sessions = openSessionStore(context);
    await sessions.change(url, () => Promise.resolve(savedSession(answer)));
    const { user, refreshExpiresAt } = answer;
    const json = { url, ...user, expiresAt: refreshExpiresAt, file: sessions.file };
    printDone({ text: `logged in at ${url} as ${user.username} (${user.role})`, json }, args, context);
    if (user.mustChangePassword && !args.switches.has('json')) {
      const text =
        'somebody else set this password, so change it before anything else: log in at a terminal, or with --new-password-file';
      context.stderr.write(`${styleFor(context.stderr, context.env).yellow('note')}  ${text}\n`);
    }
    return 0;
  },
};

/** The password to change to; undefined when there is none, and nobody to ask. */
async function nextPassword({ options }: Arguments, context: Context): Promise<string | undefined> {
  const file = options['new-password-file'];
  if (file !== undefined) return readSecretFile(file, context);
  if (!canAsk(context)) return undefined;
  context.stderr.write('somebody else set this password: choose a new one\n');
  return askTwice(context);
}

async function chooseUser(given: string | undefined, context: Context): Promise<string> {
  if (given !== undefined) return given;
  if (!canAsk(context))
    throw new UsageError('there is no terminal to ask for the user: name it, as in sluice login USER');
  const answer = (await askText('User', context)).trim();
  if (answer === '') throw new CommandFailure('no user was given: nothing was changed');
  return answer;
}
