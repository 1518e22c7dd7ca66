import type { Client } from '@sluice/control/client';
import { CommandFailure } from '../command.ts';
import type { Arguments, Context } from '../command.ts';
import { createSessionFetch, loginFirst } from '../session/session-fetch.ts';
import type { Send } from '../session/session-fetch.ts';
import { openSessionStore } from '../session/session-store.ts';
import { explainApiFailure } from './explain-api-failure.ts';
import { findToken, tokenFileFlag } from './find-token.ts';
import { findUrl, isReadableOnTheWay, urlFlag } from './find-url.ts';

/** The flag that lets credentials travel in the clear. */
export const insecureFlag = {
  name: 'insecure',
  description: 'Send credentials over plain http to another machine: whoever is on the way can read them',
} as const;

/** The flags of every command that talks to a running control plane. */
export const apiFlags = [urlFlag, tokenFileFlag, insecureFlag] as const;

/** Lines of help that go with those flags. */
export const apiNotes = [
  'Talks to a running Sluice: --url, else SLUICE_URL, else the management address of the configuration in this folder.',
  'As who sluice login logged in, unless there is --token-file, SLUICE_TOKEN or SLUICE_API_KEY (or either with _FILE).',
] as const;

/** A way to the management API. */
export interface Connection {
  readonly url: string;
  /** Rejects with a CommandFailure when it fails. */
  call<T>(work: (client: Client) => Promise<T>): Promise<T>;
}

/** Milliseconds until the whole answer is there: a large configuration is checked in a few seconds. */
const longestMs = 60_000;

const send: Send = (address, settings) => fetch(address, { ...settings, signal: AbortSignal.timeout(longestMs) });

/** Finds the control plane and what to prove oneself with; sends nothing yet. Rejects with a UsageError or CommandFailure. */
export async function connect(args: Arguments, context: Context): Promise<Connection> {
  const url = await findUrl(args, context);
  refuseReadable(url, args);
  const token = await findToken(args, context);
  if (token !== undefined) return connection(url, { token });
  const sessions = openSessionStore(context);
  // Told before a file is read or a question asked.
  if ((await sessions.read(url)) === undefined) throw new CommandFailure(loginFirst(url));
  const refresh = async (refreshToken: string) => {
    const { ApiError, createClient } = await import('@sluice/control/client');
    try {
      return await createClient({ url, fetch: send }).refresh({ body: { refreshToken } });
    } catch (error) {
      if (error instanceof ApiError && [400, 401].includes(error.status)) return undefined;
      throw error;
    }
  };
  return connection(url, { fetch: createSessionFetch({ url, sessions, refresh, clock: Date.now, send }) });
}

/** A way to the management API for a login: without credentials. */
export async function connectUnknown(args: Arguments, context: Context): Promise<Connection> {
  const url = await findUrl(args, context);
  refuseReadable(url, args);
  return connection(url, {});
}

function connection(url: string, credentials: { readonly token?: string; readonly fetch?: Send }): Connection {
  return {
    url,
    async call(work) {
      const { createClient } = await import('@sluice/control/client');
      try {
        return await work(createClient({ url, fetch: send, ...credentials }));
      } catch (error) {
        throw await explainApiFailure(error, { url, isLogin: Object.keys(credentials).length === 0 });
      }
    },
  };
}

function refuseReadable(url: string, { flags }: Arguments): void {
  if (!isReadableOnTheWay(url) || flags['insecure'] === true) return;
  throw new CommandFailure(
    `${url} is plain http on another machine: whoever is on the way could read the credentials and use them. ` +
      'Use https://, or --insecure where the way itself is safe',
  );
}
