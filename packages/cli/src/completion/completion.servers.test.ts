import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commands } from '../commands/index.ts';
import { completedCommands } from './completed-command.ts';
import { fishCompletion } from './fish.ts';
import { zshCompletion } from './zsh.ts';

const completed = completedCommands(commands);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'completion-'));
});
afterAll(() => rm(folder, { recursive: true }));

const run = (shell: string, args: readonly string[]): string =>
  execFileSync(shell, [...args], { cwd: folder, encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: folder } });

test('fish offers commands, flags and values', async () => {
  const script = join(folder, 'sluice.fish');
  await writeFile(script, fishCompletion(completed));
  const offered = (line: string): string[] => {
    const output = run('fish', ['--no-config', '-c', `source ${script}; complete -C '${line}'`]);
    return output
      .trimEnd()
      .split('\n')
      .map((each) => each.split('\t', 1)[0]);
  };
  expect(offered('sluice ').toSorted()).toEqual(commands.map(({ name }) => name).toSorted());
  expect(offered('sluice user add ada --role ').toSorted()).toEqual(['Admin', 'Operator', 'Viewer']);
  expect(offered('sluice start --').toSorted()).toEqual(flagsOf('start').toSorted());
});

test('zsh finds the flags and the values of each command', async () => {
  const script = join(folder, 'sluice.zsh');
  await writeFile(script, zshCompletion(completed));
  // What zsh itself would be given to complete with is printed instead.
  const stubs = 'compdef() { :; }; _arguments() { print -l -- "$@"; }; _describe() { print -l -- "${(@P)4}"; }';
  const given = (...words: string[]): string[] => {
    const line = words.map((word) => `'${word}'`).join(' ');
    const ask = `words=(sluice ${line}); CURRENT=${words.length + 1}; _sluice`;
    return run('zsh', ['-f', '-c', `${stubs}; source ${script}; ${ask}`])
      .trimEnd()
      .split('\n');
  };
  expect(given('').map((each) => each.split(':', 1)[0])).toEqual(commands.map(({ name }) => name));
  for (const { name, flags } of completed) {
    const specifications = given(name, '-');
    for (const flag of flags) expect(specifications.join('\n')).toContain(`--${flag.name}`);
  }
  expect(given('user', 'add', 'ada', '--role', '')).toContainEqual(
    expect.stringMatching(/^--role=\[.*\]:ROLE:\(Admin Operator Viewer\)$/),
  );
});

function flagsOf(name: string): string[] {
  const command = completed.find((each) => each.name === name);
  return (command?.flags ?? []).map((flag) => `--${flag.name}`);
}
