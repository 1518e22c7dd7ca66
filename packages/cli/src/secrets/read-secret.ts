import { codeOf } from '@sluice/service';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CommandFailure } from '../command/command.ts';
import type { Context } from '../command/command.ts';

/** Reads a secret from a file, or from standard input for `-`, without a line break at its end. */
export async function readSecretFile(file: string, context: Context): Promise<string> {
  const text = file === '-' ? await readAll(context) : await readText(resolve(context.cwd, file), file);
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') throw new CommandFailure(`${file === '-' ? 'standard input' : file} is empty`);
  // A second line is a mistake (a key file, a list), and no header or login could carry it.
  if (/[\r\n]/.test(secret))
    throw new CommandFailure(`${file === '-' ? 'standard input' : file} holds more than one line`);
  return secret;
}

/** The value of `NAME`, or of the file that `NAME_FILE` names; undefined when neither is set. */
export async function secretVariable(name: string, context: Context): Promise<string | undefined> {
  const [value, file] = [context.env[name] ?? '', context.env[`${name}_FILE`] ?? ''];
  if (value !== '' && file !== '')
    throw new CommandFailure(`${name} and ${name}_FILE are both set: keep one of the two`);
  if (file !== '') return readSecretFile(file, context);
  return value === '' ? undefined : value;
}

async function readText(path: string, shown: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CommandFailure(`${shown} cannot be read (${codeOf(error) ?? 'unknown error'})`);
  }
}

async function readAll({ stdin }: Context): Promise<string> {
  if (stdin === undefined) throw new CommandFailure('there is no standard input to read');
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Uint8Array | string));
  return Buffer.concat(chunks).toString('utf8');
}
