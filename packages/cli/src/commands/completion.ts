import { suggestion } from '@sluice/model';
import { UsageError } from '../command/command.ts';
import type { Command } from '../command/command.ts';
import { bashCompletion } from '../completion/bash.ts';
import { completedCommands } from '../completion/completed-command.ts';
import { fishCompletion } from '../completion/fish.ts';
import { zshCompletion } from '../completion/zsh.ts';

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** `sluice completion`: what a shell needs to complete all commands; `all` is asked when it runs. */
export function createCompletion(all: () => readonly Command[]): Command {
  const names = Object.keys(shells);
  return {
    name: 'completion',
    summary: 'Print what makes bash, zsh or fish complete commands, flags and values',
    positionals: [names.join('|')],
    flags: [],
    notes: [
      "bash: echo 'source <(sluice completion bash)' >> ~/.bashrc",
      "zsh:  echo 'source <(sluice completion zsh)' >> ~/.zshrc (after compinit)",
      'fish: sluice completion fish > ~/.config/fish/completions/sluice.fish',
    ],
    async run({ positionals: [given = ''] }, { stdout }) {
      const shell = (Object.keys(shells) as (keyof typeof shells)[]).find((name) => name === given);
      if (shell === undefined) {
        throw new UsageError(`sluice completes in ${names.join(', ')}, not in "${given}"${suggestion(given, names)}`);
      }
      stdout.write(shells[shell](completedCommands(all())));
      return 0;
    },
  };
}
