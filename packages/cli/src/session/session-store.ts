import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { CommandFailure } from '../command/command.ts';
import type { Context } from '../command/command.ts';
import { withFileLock } from './file-lock.ts';

/** A login as it is kept. Times are ISO 8601. */
export interface SavedSession {
  readonly username: string;
  readonly role: string;
  readonly token: string;
  readonly expiresAt: string;
  readonly refreshToken: string;
  readonly refreshExpiresAt: string;
}

/** The logins of this user of the system, one for each control plane. */
export interface SessionStore {
  /** Where they are kept, to be named in messages. */
  readonly file: string;
  read(url: string): Promise<SavedSession | undefined>;
  /**
   * Changes a login while no other command does: gets the one that is there, gives the one to keep, or undefined to drop it.
   * A refresh token is good for one use, so whoever uses it must be alone. Rejects with a CommandFailure when another
   * command does not come to an end.
   */
  change(
    url: string,
    work: (session: SavedSession | undefined) => Promise<SavedSession | undefined>,
  ): Promise<SavedSession | undefined>;
}

interface SessionFile {
  readonly version: 1;
  readonly sessions: Readonly<Record<string, SavedSession>>;
}

/** The logins kept in `session.json` below $XDG_CONFIG_HOME/sluice, else below ~/.config/sluice. Nothing is made by reading. */
export function openSessionStore({ env }: Context): SessionStore {
  const folder = join(configHome(env), 'sluice');
  const file = join(folder, 'session.json');
  return {
    file,
    read: async (url) => (await readSessions(file)).sessions[url],
    async change(url, work) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      // One that was made by somebody else, or before, may be open to others.
      await chmod(folder, 0o700);
      return withFileLock(join(folder, 'session.lock'), async () => {
        const { [url]: current, ...others } = (await readSessions(file)).sessions;
        const next = await work(current);
        if (next === current) return next;
        const sessions = next === undefined ? others : { ...others, [url]: next };
        await writeSessions(file, { version: 1, sessions });
        return next;
      });
    },
  };
}

/** A relative XDG_CONFIG_HOME is to be ignored (XDG Base Directory Specification). */
function configHome(env: Context['env']): string {
  const own = env['XDG_CONFIG_HOME'] ?? '';
  return isAbsolute(own) ? own : join(env['HOME'] ?? homedir(), '.config');
}

async function readSessions(file: string): Promise<SessionFile> {
  try {
    const value = JSON.parse(await readFile(file, 'utf8')) as SessionFile;
    if (value.version === 1 && typeof value.sessions === 'object') return value;
  } catch (error) {
    if (isMissing(error)) return { version: 1, sessions: {} };
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new CommandFailure(`${file} is damaged or of another version of Sluice: delete it and log in again`);
}

/** Nobody ever sees half a file, and after a power cut there is the old one or the new one. */
async function writeSessions(file: string, value: SessionFile): Promise<void> {
  const unfinished = `${file}.${process.pid}.unfinished`;
  await rm(unfinished, { force: true });
  try {
    const handle = await open(unfinished, 'wx', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(value, null, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, file);
    await syncFolder(dirname(file));
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open folders, and does not need it.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
