import type { Flag } from '../command/command.ts';
import { spellingsOf, valueOf } from './completed-command.ts';
import type { Completed, CompletedCommand } from './completed-command.ts';

/** A completion script for zsh: to be sourced, or saved as `_sluice` in a folder of `fpath`. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  const described = commands.map(({ name, summary }) => quoted(`${name}:${summary.replaceAll(':', '\\:')}`));
  return `#compdef sluice
# zsh completion for sluice: source <(sluice completion zsh)
_sluice() {
  local -a commands
  commands=(
${described.map((line) => `    ${line}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe -t commands 'sluice command' commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${commands.map(commandCase).join('\n')}
  esac
}
# Sourced, the function has to be made known; found in fpath, it has to be called.
if [[ $funcstack[1] == _sluice ]]; then _sluice "$@"; else compdef _sluice sluice; fi
`;
}

function commandCase({ name, flags, argument }: CompletedCommand): string {
  const specifications = [...flags.flatMap(flagSpecifications), `1:argument:${action(argument)}`];
  return [`    ${name})`, '      _arguments \\', ...joined(specifications.map(quoted)), '      ;;'].join('\n');
}

function joined(specifications: readonly string[]): string[] {
  return specifications.map((text, at) => `        ${text}${at === specifications.length - 1 ? '' : ' \\'}`);
}

function flagSpecifications(flag: Flag): string[] {
  const value = valueOf(flag);
  const explanation = flag.description.replaceAll(/[[\]\\:]/g, String.raw`\$&`);
  const follows = value === undefined ? '' : `:${flag.value?.replaceAll(':', '\\:')}:${action(value)}`;
  return spellingsOf(flag).map((spelling) => `${spelling}${isLong(spelling, value)}[${explanation}]${follows}`);
}

/** A long flag takes its value after an equals sign as well. */
function isLong(spelling: string, value: Completed | undefined): string {
  return value !== undefined && spelling.startsWith('--') ? '=' : '';
}

function action(completed: Completed): string {
  if (completed === 'file') return '_files';
  return completed === 'anything' ? ' ' : `(${completed.words.join(' ')})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
