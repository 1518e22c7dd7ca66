import { CommandFailure, UsageError } from '../command.ts';
import type { Command, Context } from '../command.ts';
import { connectUnknown, insecureFlag } from '../remote/connect.ts';
import { urlFlag } from '../remote/find-url.ts';
import { givenPassword, passwordFileFlag } from '../secrets/choose-password.ts';
import { savedSession } from '../session/session-fetch.ts';
import { openSessionStore } from '../session/session-store.ts';
import { styleFor } from '../style.ts';
import { askText, canAsk } from '../terminal/ask.ts';
import { printable } from '../terminal/printable.ts';

/** `sluice login`. */
export const login: Command = {
  name: 'login',
  summary: 'Log in at a running Sluice, for the commands that talk to it',
  positionals: ['[USER]'],
  flags: [urlFlag, passwordFileFlag, insecureFlag, { name: 'json', description: 'Print JSON' }],
  notes: [
    'The password is asked for, or comes from --password-file, SLUICE_PASSWORD or SLUICE_PASSWORD_FILE.',
    'The session is kept in ~/.config/sluice/session.json, readable by you alone, until sluice logout or its end.',
    'Programs use an API key instead: sluice key create, then SLUICE_API_KEY_FILE.',
  ],
  async run(args, context) {
    const { url, call } = await connectUnknown(args, context);
    const username = await chooseUser(args.positionals[0], context);
    const password = await givenPassword(args, context, `Password of ${username} at ${url}`);
    const answer = await call((client) => client.login({ body: { username, password } }));
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
        'the password was set by somebody else: change it (sluice user password, or PUT /authentication/password)';
      stderr.write(`${yellow('note')}  ${text}\n`);
    }
    return 0;
  },
};

async function chooseUser(given: string | undefined, context: Context): Promise<string> {
  if (given !== undefined) return given;
  if (!canAsk(context)) throw new UsageError('there is no terminal to ask for the user: sluice login USER');
  const answer = (await askText('User', context)).trim();
  if (answer === '') throw new CommandFailure('no user was given: nothing was changed');
  return answer;
}
