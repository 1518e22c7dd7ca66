import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { commands } from '../commands/index.ts';
import { bashCompletion } from './bash.ts';
import { completedCommands, spellingsOf, valueOf } from './completed-command.ts';
import { fishCompletion } from './fish.ts';
import { zshCompletion } from './zsh.ts';

const completed = completedCommands(commands);

/** What bash offers after each line, whose last word is being typed. */
function offered(lines: readonly (readonly string[])[]): string[][] {
  const asked = lines.map(
    (words) => `COMP_WORDS=(sluice ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; ask`,
  );
  const ask = 'ask() { _sluice; echo "${COMPREPLY[*]}"; }';
  // Outside of completion, there are no options of it to change.
  const script = [bashCompletion(completed), 'compopt() { :; }', ask, ...asked].join('\n');
  const output = execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' });
  return output
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ').filter((word) => word !== ''));
}

test('bash offers every command, every flag, and every value that is declared', () => {
  const [names, ...rest] = offered([
    [''],
    ...completed.map(({ name }) => [name, '-']),
    ...completed.flatMap(({ name, flags }) => flags.map((flag) => [name, `--${flag.name}`, ''])),
  ]);
  expect(names).toEqual([...commands.map(({ name }) => name), '--help', '--version']);
  const flags = completed.map((command) => command.flags.flatMap(spellingsOf));
  expect(rest.slice(0, completed.length)).toEqual(flags);
  const values = completed.flatMap((command) => {
    const argument = typeof command.argument === 'string' ? [] : command.argument.words;
    return command.flags.map((flag) => {
      const value = valueOf(flag);
      if (value === undefined) return [...argument];
      return typeof value === 'string' ? [] : [...value.words];
    });
  });
  expect(rest.slice(completed.length)).toEqual(values);
});

test('bash offers the words of an argument and of a flag, also after an equals sign', () => {
  const lines = [
    ['user', 're'],
    ['line', ''],
    ['completion', 'z'],
    ['user', '--role', '=', 'Op'],
    ['help', 'wat'],
  ];
  expect(offered(lines)).toEqual([['remove'], ['stop', 'free'], ['zsh'], ['Operator'], ['watch']]);
});

test('zsh and fish are told of every command, every flag and every value', () => {
  const [zsh, fish] = [zshCompletion(completed), fishCompletion(completed)];
  for (const { name, flags } of completed) {
    expect(zsh).toContain(`\n    ${name})\n`);
    const part = zsh.slice(zsh.indexOf(`\n    ${name})\n`)).split(';;', 1)[0];
    const lines = fish.split('\n').filter((line) => line.includes(`__fish_seen_subcommand_from ${name}'`));
    expect(fish).toContain(`-a ${name} -d `);
    for (const flag of flags) {
      expect(part).toContain(`'--${flag.name}`);
      const line = lines.find((each) => each.includes(` -l ${flag.name} `));
      expect(line).toBeDefined();
      for (const choice of flag.choices ?? []) {
        expect(part).toContain(choice);
        expect(line).toContain(choice);
      }
    }
  }
});
