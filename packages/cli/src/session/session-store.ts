import { codeOf, makePrivateFolder } from '@sluice/service';
import { chmod, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { CommandFailure } from '../command/command.ts';
import type { Context } from '../command/command.ts';
import { writeWholeFile } from '../files/write-whole-file.ts';
import { withFileLock } from './file-lock.ts';

/** A login as it is saved. Times are ISO 8601. */
export interface SavedSession {
  readonly username: string;
  readonly role: string;
  readonly token: string;
  readonly expiresAt: string;
  readonly refreshToken: string;
  readonly refreshExpiresAt: string;
}

/** The saved logins of one user of the system, one for each control plane. */
export type SessionStore = ReturnType<typeof openSessionStore>;

interface SessionFile {
  readonly version: 1;
  readonly sessions: Readonly<Record<string, SavedSession>>;
}

/** The logins in `session.json` below $XDG_CONFIG_HOME/sluice, else below ~/.config/sluice. Reading creates nothing. */
export function openSessionStore({ env }: Context) {
  const folder = join(configHome(env), 'sluice');
  const file = join(folder, 'session.json');
  return {
    /** Named in messages. */
    file,
    read: async (url: string): Promise<SavedSession | undefined> => (await readSessions(file)).sessions[url],
    /**
     * Changes a login while no other command does: `work` gets the saved one and gives the one to keep, or undefined to drop
     * it. A refresh token is good for one use, so whoever uses it must be alone. Rejects with a CommandFailure when another
     * command holds the lock for long.
     */
    async change(
      url: string,
      work: (session: SavedSession | undefined) => Promise<SavedSession | undefined>,
    ): Promise<SavedSession | undefined> {
      try {
        await makePrivateFolder(folder);
        // An existing folder may be open to others.
        await chmod(folder, 0o700);
      } catch (error) {
        throw new CommandFailure(unwritable(folder, error), { cause: error });
      }
      return withFileLock(join(folder, 'session.lock'), async () => {
        const { [url]: current, ...others } = (await readSessions(file)).sessions;
        const next = await work(current);
        if (next === current) return next;
        const sessions = next === undefined ? others : { ...others, [url]: next };
        const value: SessionFile = { version: 1, sessions };
        await writeWholeFile(file, `${JSON.stringify(value, null, 2)}\n`, { replace: true, mode: 0o600 });
        return next;
      });
    },
  };
}

function unwritable(folder: string, error: unknown): string {
  return (
    `the login cannot be kept in ${folder} (${codeOf(error) ?? 'unknown error'}): set XDG_CONFIG_HOME to a folder that you ` +
    'may write to, or use an API key instead of a login (SLUICE_API_KEY_FILE)'
  );
}

/** A relative XDG_CONFIG_HOME is ignored (XDG Base Directory Specification). */
function configHome(env: Context['env']): string {
  const own = env['XDG_CONFIG_HOME'] ?? '';
  return isAbsolute(own) ? own : join(env['HOME'] ?? homedir(), '.config');
}

async function readSessions(file: string): Promise<SessionFile> {
  try {
    const value = JSON.parse(await readFile(file, 'utf8')) as SessionFile;
    if (value.version === 1 && typeof value.sessions === 'object') return value;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { version: 1, sessions: {} };
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new CommandFailure(`${file} is damaged or comes from another version of Sluice: delete it and log in again`);
}
