import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Context } from '../command/command.ts';
import { openSessionStore } from './session-store.ts';
import type { SavedSession } from './session-store.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'session-'));
});
afterEach(() => rm(home, { recursive: true }));

const url = 'http://127.0.0.1:5000';
const session: SavedSession = {
  username: 'ada',
  role: 'Admin',
  token: 't0',
  expiresAt: '2026-01-01T00:15:00.000Z',
  refreshToken: 'r0',
  refreshExpiresAt: '2026-01-08T00:00:00.000Z',
};

function open(env: Context['env'] = { XDG_CONFIG_HOME: home }) {
  return openSessionStore({ stdout: { write: () => true }, stderr: { write: () => true }, env, cwd: home });
}

const keep = (next: SavedSession | undefined) => () => Promise.resolve(next);
const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

test('sessions are kept by address, for their owner alone', async () => {
  await mkdir(join(home, 'sluice'), { mode: 0o755 });
  const store = open();
  await store.change(url, keep(session));
  await store.change('https://gate', keep({ ...session, username: 'bob' }));
  expect(await open().read(url)).toEqual(session);
  expect(await open().read('https://gate')).toMatchObject({ username: 'bob' });
  expect(store.file).toBe(join(home, 'sluice', 'session.json'));
  expect(await modeOf(join(home, 'sluice'))).toBe('700');
  expect(await modeOf(store.file)).toBe('600');
  await store.change(url, keep(undefined));
  expect(await store.read(url)).toBeUndefined();
  expect(await store.read('https://gate')).toBeDefined();
});

test('looking makes nothing; a relative XDG_CONFIG_HOME does not count', async () => {
  expect(await open().read(url)).toBeUndefined();
  expect(await readdir(home)).toEqual([]);
  expect(open({ XDG_CONFIG_HOME: 'relative', HOME: home }).file).toBe(join(home, '.config/sluice/session.json'));
});

test('changes at the same time come one after the other, and none is lost', async () => {
  await open().change(url, keep({ ...session, token: '0' }));
  const next = async (saved: SavedSession | undefined) => {
    // What others do meanwhile would be lost if they were let in here.
    await Promise.resolve();
    return { ...session, token: String(Number(saved?.token) + 1) };
  };
  await Promise.all(Array.from({ length: 20 }, () => open().change(url, next)));
  expect(await open().read(url)).toMatchObject({ token: '20' });
  expect((await readdir(join(home, 'sluice'))).toSorted()).toEqual(['.gitignore', 'session.json', 'session.lock']);
});

test('a change that fails keeps what was there', async () => {
  await open().change(url, keep(session));
  const text = await readFile(open().file, 'utf8');
  await expect(open().change(url, () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  expect(await readFile(open().file, 'utf8')).toBe(text);
});

test('a damaged file is told, with what to do', async () => {
  await open().change(url, keep(session));
  await writeFile(open().file, '{"version":1,"sess');
  await expect(open().read(url)).rejects.toThrow(/session\.json is damaged .*delete it and log in again/);
});

test('a home that cannot be written to is told with the variable that names another', async () => {
  await writeFile(join(home, 'file'), '');
  const store = open({ HOME: join(home, 'file') });
  await expect(store.change(url, keep(session))).rejects.toThrow(
    /^the login cannot be kept in .* \(ENOTDIR\): set XDG_CONFIG_HOME .*SLUICE_API_KEY_FILE/,
  );
});
