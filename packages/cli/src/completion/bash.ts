import { spellingsOf, valueOf } from './completed-command.ts';
import type { Completed, CompletedCommand } from './completed-command.ts';

/** A completion script for bash 3.2 and later. Names of files are left to bash itself. */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name);
  return `# bash completion for sluice: source <(sluice completion bash)
_sluice() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words='' files=''
  # bash splits --flag=value into three words.
  if [[ $current == '=' ]]; then current=''; elif [[ $previous == '=' ]]; then previous="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  COMPREPLY=()
  if (( COMP_CWORD == 1 )); then
    words='${[...names, '--help', '--version'].join(' ')}'
  else
    case "\${COMP_WORDS[1]} $previous" in
${commands.flatMap(valueCases).join('\n')}
    *)
      case "\${COMP_WORDS[1]} $current" in
${commands.flatMap(wordCases).join('\n')}
      esac
      ;;
    esac
  fi
  [[ -n $files ]] && return
  # Without this, bash would offer files where none are meant. The bash of macOS is too old for it.
  type compopt &>/dev/null && compopt +o default
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _sluice sluice
`;
}

/** What follows the flags of a command that take a value. */
function valueCases({ name, flags }: CompletedCommand): string[] {
  return flags.flatMap((flag) => {
    const value = valueOf(flag);
    if (value === undefined) return [];
    const patterns = spellingsOf(flag).map((spelling) => `'${name} ${spelling}'`);
    return [`    ${patterns.join('|')}) ${action(value)} ;;`];
  });
}

/** The flags of a command, once a dash is typed, and otherwise its first argument. */
function wordCases({ name, flags, argument }: CompletedCommand): string[] {
  const spellings = flags.flatMap(spellingsOf).join(' ');
  return [`      '${name} '-*) words='${spellings}' ;;`, `      '${name} '*) ${action(argument)} ;;`];
}

function action(completed: Completed): string {
  if (completed === 'file') return 'files=1';
  if (completed === 'anything') return ':';
  return `words='${completed.words.join(' ')}'`;
}
