import { parseArgs } from 'node:util';
import { suggestion } from '@sluice/model';
import { UsageError } from './command.ts';
import type { Arguments, Command, Flag } from './command.ts';

/** The flag that every command takes. */
export const helpFlag: Flag = { name: 'help', short: 'h', description: 'Show this help' };

/** Reads what follows the name of a command; throws a UsageError that suggests what was probably meant. */
export function parseArguments(command: Command, argv: readonly string[]): Arguments {
  const known = [...command.flags, helpFlag];
  const options = Object.fromEntries(
    known.map(({ name, short, value }) => {
      const type = value === undefined ? ('boolean' as const) : ('string' as const);
      return [name, short === undefined ? { type } : { type, short }];
    }),
  );
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true });
  const flags: Record<string, string | true> = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = known.find(({ name }) => name === token.name);
    if (flag === undefined) throw unknownFlag(token.rawName, known, command);
    flags[flag.name] = valueOf(flag, token);
  }
  if (flags['help'] !== true) checkPositionals(command, positionals);
  return { flags, positionals };
}

function valueOf(flag: Flag, token: { rawName: string; value?: string | undefined }): string | true {
  if (flag.value === undefined) {
    if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`);
    return true;
  }
  if (token.value === undefined || (token.value.startsWith('--') && token.value.length > 2)) {
    throw new UsageError(`${token.rawName} needs a value: ${token.rawName} ${flag.value}`);
  }
  return token.value;
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
      `sluice ${command.name} needs ${missing}: sluice ${command.name} ${command.positionals.join(' ')}`,
    );
  }
  const extra = positionals[command.positionals.length];
  if (extra !== undefined) throw new UsageError(`sluice ${command.name} does not know what to do with "${extra}"`);
}
