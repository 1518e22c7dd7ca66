import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCommand } from '../testing/run-command.ts';
import { commands } from './index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'json-errors-'));
  await writeFile(join(folder, 'broken.yaml'), 'routes: 7\n');
});
afterEach(() => rm(folder, { recursive: true }));

/** Nobody listens there, and nobody is logged in. */
const env = { SLUICE_URL: 'http://127.0.0.1:9' };

/** What each command with --json is called with so that it fails; without a line here, its first argument is a broken file. */
const failing: Readonly<Record<string, readonly string[]>> = {
  start: ['--config', 'broken.yaml'],
  demo: ['canary'],
  login: ['nobody', '--password-file', 'missing'],
  user: ['list'],
  key: ['list'],
  audit: [],
  monitoring: ['--out', 'monitoring', '--config', 'broken.yaml'],
  backup: ['missing/folder/backup.jsonl'],
  reject: ['--reason', 'x'],
  rollback: ['--reason', 'x'],
};

/** Commands that have no way to fail. */
const sure = new Set(['version']);

const withJson = commands.filter(({ name, flags }) => !sure.has(name) && flags.some((flag) => flag.name === 'json'));

test.each(withJson.map((command) => [command.name, command] as const))(
  '%s --json says in JSON on stdout why it failed, and nothing else',
  async (name, { positionals }) => {
    const usual = positionals.length > 0 ? ['broken.yaml'] : [];
    const outcome = await runCommand(folder, [name, ...(failing[name] ?? usual), '--json'], env);
    expect(outcome.code).not.toBe(0);
    expect(outcome.stderr).toBe('');
    expect(JSON.parse(outcome.stdout)).toMatchObject({ ok: false });
  },
);

test.each(commands.map(({ name }) => [name]))('%s refuses an unknown flag in JSON', async (name) => {
  const { code, stdout, stderr } = await runCommand(folder, [name, '--nonsense', '--json']);
  expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
  expect(JSON.parse(stdout)).toEqual({
    ok: false,
    error: `sluice ${name} has no flag --nonsense; see sluice ${name} --help`,
  });
});

test('an unknown command and a flag without a command are refused in JSON; what follows -- asks for nothing', async () => {
  const error = 'sluice has no command "aply"; did you mean "apply"?';
  const unknown = await runCommand(folder, ['aply', '--json']);
  expect({ ...unknown, stdout: JSON.parse(unknown.stdout) as unknown }).toEqual({
    code: 2,
    stderr: '',
    stdout: { ok: false, error },
  });
  expect(JSON.parse((await runCommand(folder, ['--verison', '--json'])).stdout)).toMatchObject({ ok: false });
  expect(await runCommand(folder, ['aply', '--', '--json'])).toEqual({
    code: 2,
    stdout: '',
    stderr: `error  ${error}\n`,
  });
});
