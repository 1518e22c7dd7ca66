import { CommandFailure, UsageError } from '../command/command.ts';
import type { Arguments, Command, Context } from '../command/command.ts';
import { connectUnknown, insecureFlag } from '../remote/connect.ts';
import { urlFlag } from '../remote/find-url.ts';
import { askTwice, givenPassword, passwordFileFlag } from '../secrets/choose-password.ts';
import { readSecretFile } from '../secrets/read-secret.ts';
import { savedSession } from '../session/session-fetch.ts';
import { openSessionStore } from '../session/session-store.ts';
import { styleFor } from '../terminal/style.ts';
import { askText, canAsk } from '../terminal/ask.ts';
import { printable } from '../terminal/printable.ts';

/** `sluice login`. */
export const login: Command = {
  name: 'login',
  summary: 'Log in at a running Sluice, for the commands that talk to it',
  positionals: ['[USER]'],
  flags: [
    urlFlag,
    passwordFileFlag,
    { name: 'new-password-file', value: 'FILE', description: 'The next password, if that has to be changed' },
    insecureFlag,
    { name: 'json', description: 'Print JSON' },
  ],
  notes: [
    'The password is asked for, or comes from --password-file, SLUICE_PASSWORD or SLUICE_PASSWORD_FILE.',
    'A password that somebody else set has to be changed before anything else: the new one is asked for as well.',
    'The session is kept in ~/.config/sluice/session.json, readable by you alone, until sluice logout or its end.',
    'Programs use an API key instead: sluice key create, then SLUICE_API_KEY_FILE.',
  ],
  async run(args, context) {
    const { url, call } = await connectUnknown(args, context);
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
    const { stdout, stderr, env } = context;
    if (args.flags['json'] === true) {
      stdout.write(`${JSON.stringify({ url, ...user, expiresAt: refreshExpiresAt, file: sessions.file })}\n`);
      return 0;
    }
    const { green, yellow } = styleFor(stderr, env);
    stderr.write(`${green('ok')}  logged in at ${url} as ${printable(user.username)} (${user.role})\n`);
    if (user.mustChangePassword) {
      const text =
        'nothing else can be done before the password is changed: it was set by somebody else. Log in at a terminal, or with --new-password-file';
      stderr.write(`${yellow('note')}  ${text}\n`);
    }
    return 0;
  },
};

/** The password to change to; undefined when there is none, and nobody to ask. */
async function nextPassword({ flags }: Arguments, context: Context): Promise<string | undefined> {
  const file = flags['new-password-file'];
  if (typeof file === 'string') return readSecretFile(file, context);
  if (!canAsk(context)) return undefined;
  context.stderr.write('the password was set by somebody else: choose another one\n');
  return askTwice(context);
}

async function chooseUser(given: string | undefined, context: Context): Promise<string> {
  if (given !== undefined) return given;
  if (!canAsk(context)) throw new UsageError('there is no terminal to ask for the user: sluice login USER');
  const answer = (await askText('User', context)).trim();
  if (answer === '') throw new CommandFailure('no user was given: nothing was changed');
  return answer;
}
