import type { Client, RequestNews } from '@sluice/control/client';
import type { DeploymentNews, QueryInput } from '@sluice/model/api';
import { CommandFailure } from '../command/command.ts';
import type { Arguments, Context } from '../command/command.ts';
import { createSessionFetch, loginFirst } from '../session/session-fetch.ts';
import type { Send } from '../session/session-fetch.ts';
import { openSessionStore } from '../session/session-store.ts';
import { explainApiFailure } from './explain-api-failure.ts';
import { findToken, tokenFileFlag } from './find-token.ts';
import { findUrl, isReadableOnTheWay, urlFlag } from './find-url.ts';

/** The flag that allows credentials over plain http. */
export const insecureFlag = {
  name: 'insecure',
  description: 'Send credentials to another machine over plain http, where others can read them',
} as const;

/** The flags of every command that talks to a running control plane. */
export const apiFlags = [urlFlag, tokenFileFlag, insecureFlag] as const;

/** Lines of help for those flags. */
export const apiNotes = [
  'Talks to the Sluice at --url, else SLUICE_URL, else the management address of the configuration, or of the demo, in this folder.',
  'Acts as the user of sluice login, unless you give --token-file, SLUICE_TOKEN or SLUICE_API_KEY (or one with _FILE).',
] as const;

/** A connection to the management API. */
export interface Connection {
  readonly url: string;
  /** Rejects with a CommandFailure when it fails. */
  call<T>(work: (client: Client) => Promise<T>): Promise<T>;
  /** What happens to a deployment until it has ended, also over a restart of control. Rejects with a CommandFailure. */
  watch(deploymentId: string, settings: WatchSettings): AsyncIterable<DeploymentNews>;
  /** Requests as they end, also over a restart of control. Rejects with a CommandFailure. */
  follow(filter: QueryInput<'followRequests'>, settings: WatchSettings): AsyncIterable<RequestNews>;
}

/** How a stream of events is followed. */
export interface WatchSettings {
  /** Ends watching, without an error. */
  readonly signal: AbortSignal;
  /** Called with one line when the connection is lost. */
  readonly disconnected: (text: string) => void;
}

/** Milliseconds until the whole answer is there: a large configuration is checked in a few seconds. */
const longestMs = 60_000;

const send: Send = (address, settings) => {
  const signals = settings.signal ? [settings.signal] : [];
  return fetch(address, { ...settings, signal: AbortSignal.any([AbortSignal.timeout(longestMs), ...signals]) });
};

/** Finds the control plane and the credentials; sends nothing yet. Rejects with a UsageError or CommandFailure. */
export async function connect(args: Arguments, context: Context): Promise<Connection> {
  const url = await findUrl(args, context);
  refuseReadable(url, args);
  const token = await findToken(args, context);
  if (token !== undefined) return connection(url, { token });
  const sessions = openSessionStore(context);
  // Said before a file is read or a question asked.
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
  return connection(url, {
    inSession: (through) => createSessionFetch({ url, sessions, refresh, clock: Date.now, send: through }),
  });
}

/** Whether there is a token, an API key or a session for this address. */
export async function hasCredentials(url: string, args: Arguments, context: Context): Promise<boolean> {
  // Standard input is read once, by the command itself.
  if (args.options['token-file'] !== undefined || (await findToken(args, context)) !== undefined) return true;
  return (await openSessionStore(context).read(url)) !== undefined;
}

/** A connection without credentials, for a login. */
export async function connectForLogin(args: Arguments, context: Context): Promise<Connection> {
  const url = await findUrl(args, context);
  refuseReadable(url, args);
  return connection(url, {});
}

/** Neither for a login. */
interface Credentials {
  readonly token?: string;
  readonly inSession?: (through: Send) => Send;
}

function connection(url: string, { token, inSession }: Credentials): Connection {
  const isLogin = token === undefined && inSession === undefined;
  const clientOver = async (through: Send): Promise<Client> => {
    const { createClient } = await import('@sluice/control/client');
    return createClient({ url, token, fetch: inSession?.(through) ?? through });
  };
  return {
    url,
    async call(work) {
      try {
        return await work(await clientOver(send));
      } catch (error) {
        throw await explainApiFailure(error, { url, isLogin });
      }
    },
    async *follow(filter, { signal, disconnected }) {
      try {
        const client = await clientOver(streamingFetch(disconnected, url));
        yield* client.followRequests(filter, signal);
      } catch (error) {
        throw await explainApiFailure(error, { url, isLogin });
      }
    },
    async *watch(deploymentId, { signal, disconnected }) {
      try {
        const client = await clientOver(streamingFetch(disconnected, url));
        yield* client.watchDeployment(deploymentId, { signal });
      } catch (error) {
        throw await explainApiFailure(error, { url, isLogin });
      }
    },
  };
}

/** A fetch without a time limit, for streams, that reports a lost connection. The caller handles a first failure. */
function streamingFetch(disconnected: (text: string) => void, url: string): Send {
  let hasWorked = false;
  return async (address, settings) => {
    try {
      const response = await fetch(address, settings);
      if (response.ok) hasWorked = true;
      else if (hasWorked) disconnected(`${url} answers ${response.status}: trying again`);
      return response;
    } catch (error) {
      if (hasWorked && settings.signal?.aborted !== true) disconnected(`${url} does not answer: trying again`);
      throw error;
    }
  };
}

function refuseReadable(url: string, { switches }: Arguments): void {
  if (!isReadableOnTheWay(url) || switches.has('insecure')) return;
  throw new CommandFailure(
    `${url} is plain http on another machine: others on the network could read the credentials. ` +
      'Use https://, or --insecure if the network is safe',
  );
}
