import type { Client } from '@sluice/control/client';
import type { DeploymentNews } from '@sluice/model/api';
import { CommandFailure } from '../command/command.ts';
import type { Arguments, Context } from '../command/command.ts';
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
  /** What happens to a deployment until it has ended, also over a restart of control. Rejects with a CommandFailure. */
  watch(deploymentId: string, settings: WatchSettings): AsyncIterable<DeploymentNews>;
}

/** How a deployment is watched. */
export interface WatchSettings {
  /** Ends it, without an error. */
  readonly signal: AbortSignal;
  /** Told, in one line, that nothing can be heard for the moment. */
  readonly trouble: (text: string) => void;
}

/** Milliseconds until the whole answer is there: a large configuration is checked in a few seconds. */
const longestMs = 60_000;

const send: Send = (address, settings) => {
  const signals = settings.signal ? [settings.signal] : [];
  return fetch(address, { ...settings, signal: AbortSignal.any([AbortSignal.timeout(longestMs), ...signals]) });
};

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
  return connection(url, {
    inSession: (through) => createSessionFetch({ url, sessions, refresh, clock: Date.now, send: through }),
  });
}

/** A way to the management API for a login: without credentials. */
export async function connectUnknown(args: Arguments, context: Context): Promise<Connection> {
  const url = await findUrl(args, context);
  refuseReadable(url, args);
  return connection(url, {});
}

/** What one proves oneself with: neither for a login. */
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
    async *watch(deploymentId, { signal, trouble }) {
      try {
        const client = await clientOver(tellingOf(trouble, url));
        yield* client.watchDeployment(deploymentId, { signal });
      } catch (error) {
        throw await explainApiFailure(error, { url, isLogin });
      }
    },
  };
}

/** A way without a time limit, for streams, that tells when it does not work any more; a first failure is the caller's. */
function tellingOf(trouble: (text: string) => void, url: string): Send {
  let hasWorked = false;
  return async (address, settings) => {
    try {
      const response = await fetch(address, settings);
      if (response.ok) hasWorked = true;
      else if (hasWorked) trouble(`${url} answers ${response.status}: trying again`);
      return response;
    } catch (error) {
      if (hasWorked && settings.signal?.aborted !== true) trouble(`${url} does not answer: trying again`);
      throw error;
    }
  };
}

function refuseReadable(url: string, { switches }: Arguments): void {
  if (!isReadableOnTheWay(url) || switches.has('insecure')) return;
  throw new CommandFailure(
    `${url} is plain http on another machine: whoever is on the way could read the credentials and use them. ` +
      'Use https://, or --insecure where the way itself is safe',
  );
}
