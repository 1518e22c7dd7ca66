import type { LoginResource } from '@sluice/model/api';
import { expect, test } from 'vitest';
import { createSessionFetch } from './session-fetch.ts';
import type { SavedSession, SessionStore } from './session-store.ts';

const url = 'http://127.0.0.1:5000';
const now = Date.parse('2026-01-01T00:00:00.000Z');
const at = (ms: number): string => new Date(now + ms).toISOString();

const saved: SavedSession = {
  username: 'ada',
  role: 'Admin',
  token: 'first',
  expiresAt: at(900_000),
  refreshToken: 'once',
  refreshExpiresAt: at(9_000_000),
};
const login: LoginResource = {
  token: 'second',
  expiresAt: at(1_800_000),
  refreshToken: 'next',
  refreshExpiresAt: at(9_000_000),
  user: { username: 'ada', role: 'Admin', mustChangePassword: false },
};

/** A control plane that takes some tokens, and what it was sent. */
function setUp(
  session: SavedSession | undefined,
  accepted: readonly string[],
  answer: LoginResource | 'refused' = login,
) {
  let kept = session;
  const [tokens, refreshes]: [string[], string[]] = [[], []];
  const sessions: SessionStore = {
    file: 'session.json',
    read: () => Promise.resolve(kept),
    change: async (_url, work) => (kept = await work(kept)),
  };
  const send = createSessionFetch({
    url,
    sessions,
    clock: () => now,
    refresh(token) {
      refreshes.push(token);
      return Promise.resolve(answer === 'refused' ? undefined : answer);
    },
    send(_address, settings) {
      const token = new Headers(settings.headers).get('authorization')?.replace('Bearer ', '') ?? '';
      tokens.push(token);
      return Promise.resolve(Response.json({}, { status: accepted.includes(token) ? 200 : 401 }));
    },
  });
  return {
    tokens,
    refreshes,
    ask: () => send(new URL(url), {}),
    keep: (next: SavedSession) => (kept = next),
    kept: () => kept,
  };
}

test('a token that is good is used as it is', async () => {
  const { ask, tokens, refreshes } = setUp(saved, ['first']);
  expect((await ask()).status).toBe(200);
  expect({ tokens, refreshes }).toEqual({ tokens: ['first'], refreshes: [] });
});

test('a token that has run out is renewed first, and the new tokens are kept', async () => {
  const { ask, tokens, refreshes, kept } = setUp({ ...saved, expiresAt: at(5_000) }, ['second']);
  expect((await ask()).status).toBe(200);
  expect({ tokens, refreshes }).toEqual({ tokens: ['second'], refreshes: ['once'] });
  expect(kept()).toMatchObject({ token: 'second', refreshToken: 'next' });
});

test('a token that is refused is renewed, and the request sent again', async () => {
  const { ask, tokens } = setUp(saved, ['second']);
  expect((await ask()).status).toBe(200);
  expect(tokens).toEqual(['first', 'second']);
});

test('when another command has renewed the session meanwhile, its token is taken', async () => {
  const { ask, tokens, refreshes, keep } = setUp(saved, ['third']);
  const answered = ask();
  keep({ ...saved, token: 'third', refreshToken: 'unused' });
  expect((await answered).status).toBe(200);
  expect({ tokens, refreshes }).toEqual({ tokens: ['first', 'third'], refreshes: [] });
});

test('a session that is over is forgotten, and a login asked for', async () => {
  const { ask, kept } = setUp(saved, [], 'refused');
  await expect(ask()).rejects.toThrow(`the session has ended; log in first: sluice login --url ${url}`);
  expect(kept()).toBeUndefined();
  await expect(ask()).rejects.toThrow(`log in first: sluice login --url ${url}`);
});

test('an answer that is refused with a new token is given as it is', async () => {
  const { ask, tokens } = setUp(saved, []);
  expect((await ask()).status).toBe(401);
  expect(tokens).toEqual(['first', 'second']);
});
