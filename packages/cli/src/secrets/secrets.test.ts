import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { noArguments } from '../command/command.ts';
import type { Context } from '../command/command.ts';
import { askingContext } from '../testing/asking-context.ts';
import { givenPassword, newPassword } from './choose-password.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'secrets-'));
});
afterEach(() => rm(cwd, { recursive: true }));

function silent(env: Context['env'] = {}, input?: string): Context {
  const stdin = input === undefined ? undefined : new PassThrough().end(input);
  return { stdout: { write: () => true }, stderr: { write: () => true }, env, cwd, stdin };
}

test('a password comes from a file, standard input or the environment', async () => {
  await writeFile(join(cwd, 'p'), 'from a file\n');
  const fromFile = { ...noArguments, options: { 'password-file': 'p' } };
  const fromInput = { ...noArguments, options: { 'password-file': '-' } };
  expect(await givenPassword(fromFile, silent({ SLUICE_PASSWORD: 'x' }))).toBe('from a file');
  expect(await givenPassword(fromInput, silent({}, 'from input\r\n'))).toBe('from input');
  expect(await givenPassword(noArguments, silent({ SLUICE_PASSWORD: ' spaces count ' }))).toBe(' spaces count ');
  expect(await newPassword(noArguments, silent({ SLUICE_PASSWORD_FILE: 'p' }))).toBe('from a file');
});

test('what is no password is refused without being shown', async () => {
  await writeFile(join(cwd, 'lines'), 'hidden\nhidden\n');
  await writeFile(join(cwd, 'empty'), '\n');
  const given = (file: string) => givenPassword({ ...noArguments, options: { 'password-file': file } }, silent());
  await expect(given('lines')).rejects.toThrow(/^lines holds more than one line$/);
  await expect(given('empty')).rejects.toThrow('empty is empty');
  await expect(given('missing')).rejects.toThrow('missing cannot be read (ENOENT)');
  await expect(givenPassword(noArguments, silent({ SLUICE_PASSWORD: 'a', SLUICE_PASSWORD_FILE: 'b' }))).rejects.toThrow(
    'SLUICE_PASSWORD and SLUICE_PASSWORD_FILE are both set: keep one of the two',
  );
  await expect(givenPassword(noArguments, silent())).rejects.toThrow('there is no terminal to ask for the password');
});

test('on a terminal it is asked for, and never shown', async () => {
  const asking = askingContext(cwd, ['secret\b7\r']);
  expect(await givenPassword(noArguments, asking.context, 'Password of ada')).toBe('secre7');
  expect(asking.shown()).toBe('Password of ada: \n');
});

test('a new one is asked for twice', async () => {
  const same = askingContext(cwd, ['new one\r', 'new one\r']);
  expect(await newPassword(noArguments, same.context)).toBe('new one');
  expect(same.shown()).toBe('New password: \nNew password again: \n');
  const other = askingContext(cwd, ['new one\r', 'new two\r']);
  await expect(newPassword(noArguments, other.context)).rejects.toThrow(
    'the two passwords differ: nothing was changed',
  );
});

test('Ctrl+C and the end of the input cancel', async () => {
  for (const keys of ['\u0003', '\u0004']) {
    await expect(givenPassword(noArguments, askingContext(cwd, [keys]).context)).rejects.toThrow('cancelled');
  }
});
