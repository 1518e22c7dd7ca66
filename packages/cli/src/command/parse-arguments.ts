import { parseArgs } from 'node:util';
import { suggestion } from '@sluice/model';
import { UsageError } from './command.ts';
import type { Arguments, Command, Flag } from './command.ts';

/** The flag that every command takes. */
export const helpFlag: Flag = { name: 'help', short: 'h', description: 'Show this help' };

/** Reads what follows the name of a command; throws a UsageError that suggests what was probably meant. */
export function parseArguments(command: Command, argv: readonly string[]): Arguments {
  const known = [...command.flags, helpFlag];
  const parseOptions = Object.fromEntries(
    known.map(({ name, short, value }) => {
      const type = value === undefined ? ('boolean' as const) : ('string' as const);
      return [name, short === undefined ? { type } : { type, short }];
    }),
  );
  const { tokens } = parseArgs({ args: [...argv], options: parseOptions, strict: false, tokens: true });
  const options: Record<string, string> = {};
  const lists: Record<string, string[]> = {};
  const switches = new Set<string>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = known.find(({ name }) => name === token.name);
    if (flag === undefined) throw unknownFlag(token.rawName, known, command);
    if (flag.value === undefined) switches.add(switchOf(flag, token));
    else if (flag.repeats === true) (lists[flag.name] ??= []).push(valueOf(flag.value, token));
    else options[flag.name] = valueOf(flag.value, token);
  }
  if (!switches.has('help')) checkPositionals(command, positionals);
  return { options, lists, switches, positionals };
}

interface OptionToken {
  readonly rawName: string;
  readonly value?: string | undefined;
}

function switchOf({ name }: Flag, { rawName, value }: OptionToken): string {
  if (value !== undefined) throw new UsageError(`${rawName} takes no value`);
  return name;
}

function valueOf(placeholder: string, { rawName, value }: OptionToken): string {
  if (value === undefined || (value.startsWith('--') && value.length > 2)) {
    throw new UsageError(`${rawName} needs a value: ${rawName} ${placeholder}`);
  }
  return value;
}

function unknownFlag(rawName: string, known: readonly Flag[], command: Command): UsageError {
  const hint = suggestion(
    rawName,
    known.map(({ name }) => `--${name}`),
  );
  return new UsageError(
    `sluice ${command.name} has no flag ${rawName}${hint === '' ? `; see sluice ${command.name} --help` : hint}`,
  );
}

function checkPositionals(command: Command, positionals: readonly string[]): void {
  const missing = command.positionals[positionals.length];
  if (missing !== undefined && !missing.startsWith('[')) {
    throw new UsageError(
      `sluice ${command.name} needs ${missing}: sluice ${command.name} ${command.positionals.join(' ')}; see --help`,
    );
  }
  const extra = positionals[command.positionals.length];
  if (extra === undefined) return;
  const isFile = /\.(?:ya?ml|json|toml)$/.test(extra) && command.flags.some(({ name }) => name === 'config');
  const hint = isFile ? `; did you mean --config ${extra}?` : '; see --help';
  // It is not repeated: it may be a secret that somebody meant for standard input.
  const taken = command.positionals.length === 0 ? 'no arguments' : command.positionals.join(' ');
  throw new UsageError(`too many arguments: sluice ${command.name} takes ${taken}${hint}`);
}
