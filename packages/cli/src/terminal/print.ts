import type { Arguments, Context } from '../command/command.ts';
import { printable } from './printable.ts';
import { styleFor } from './style.ts';

/** A value as one line of JSON on stdout. */
export function printJson(value: unknown, { stdout }: Context): void {
  stdout.write(`${JSON.stringify(value)}\n`);
}

/** What a command was asked to show. */
export interface Shown {
  readonly json: unknown;
  /** Whole lines. */
  text(): string;
}

/** Prints what was asked for on stdout: as text, or as JSON with --json. */
export function printEither({ json, text }: Shown, { switches }: Arguments, context: Context): void {
  if (switches.has('json')) printJson(json, context);
  else context.stdout.write(text());
}

/** Says on stderr why a command failed; with JSON as an object on stdout, where its result would be. */
export function printError(error: string, { json }: { readonly json: boolean }, context: Context): void {
  const { stderr, env } = context;
  if (json) printJson({ ok: false, error }, context);
  else stderr.write(`${styleFor(stderr, env).red('error')}  ${error}\n`);
}

/** What a command did. */
export interface Done {
  readonly text: string;
  readonly json: object;
  /** Shown this once. */
  readonly secret?: { readonly name: string; readonly value: string } | undefined;
}

/** Says on stderr what was done, so that stdout has the secret alone; with --json everything is one object on stdout. */
export function printDone({ text, json, secret }: Done, { switches }: Arguments, context: Context): void {
  const { stdout, stderr, env } = context;
  if (switches.has('json')) {
    printJson({ ...json, ...(secret && { [secret.name]: secret.value }) }, context);
    return;
  }
  stderr.write(`${styleFor(stderr, env).green('ok')}  ${printable(text)}\n`);
  if (secret !== undefined) stdout.write(`${secret.value}\n`);
}
