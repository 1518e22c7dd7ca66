import type { LoginResource } from '@sluice/model/api';
import { CommandFailure } from '../command/command.ts';
import type { SavedSession, SessionStore } from './session-store.ts';

/** How requests are sent. */
export type Send = (address: URL, settings: RequestInit) => Promise<Response>;

export interface SessionFetchOptions {
  /** The control plane that the session belongs to. */
  readonly url: string;
  readonly sessions: SessionStore;
  /** Gets the next pair of tokens; undefined when the refresh token is refused. */
  readonly refresh: (refreshToken: string) => Promise<LoginResource | undefined>;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly send: Send;
}

/** A token with less time left could run out on the way. */
const marginMs = 10_000;

/**
 * Sends requests with the token of the session that `sluice login` saved, and renews it when it has run out or is refused. The
 * new tokens are saved before they are used. Rejects with a CommandFailure that asks for a login.
 */
export function createSessionFetch(options: SessionFetchOptions): Send {
  const { url, sessions, clock, send } = options;
  return async (address, settings) => {
    const saved = await sessions.read(url);
    if (saved === undefined) throw new CommandFailure(loginFirst(url));
    const isFresh = Date.parse(saved.expiresAt) - marginMs > clock();
    const session = isFresh ? saved : await renewed(options, saved.token);
    const response = await send(address, withToken(settings, session.token));
    if (response.status !== 401 || !isFresh) return response;
    // The clocks may differ, or the key that signed the token may be gone.
    await response.body?.cancel();
    return send(address, withToken(settings, (await renewed(options, session.token)).token));
  };
}

/** The message for somebody without a session. */
export function loginFirst(url: string): string {
  return `log in first: sluice login --url ${url}`;
}

/** A login as it is saved. */
export function savedSession({ token, expiresAt, refreshToken, refreshExpiresAt, user }: LoginResource): SavedSession {
  return { username: user.username, role: user.role, token, expiresAt, refreshToken, refreshExpiresAt };
}

/** The next session after a token is used up; another command may have renewed it meanwhile. */
async function renewed({ url, sessions, refresh }: SessionFetchOptions, used: string): Promise<SavedSession> {
  const session = await sessions.change(url, async (saved) => {
    if (saved === undefined || saved.token !== used) return saved;
    const login = await refresh(saved.refreshToken);
    return login === undefined ? undefined : savedSession(login);
  });
  if (session === undefined) throw new CommandFailure(`the session has ended; ${loginFirst(url)}`);
  return session;
}

function withToken(settings: RequestInit, token: string): RequestInit {
  const headers = new Headers(settings.headers);
  headers.set('authorization', `Bearer ${token}`);
  return { ...settings, headers };
}
