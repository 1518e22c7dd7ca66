import type { Arguments, Context } from '../command/command.ts';
import { styleFor } from './style.ts';
import { printable } from './printable.ts';

/** What a command did: in words, and as facts for `--json`; with a secret that is shown this once. */
export interface Done {
  readonly text: string;
  readonly facts: object;
  readonly secret?: { readonly name: string; readonly value: string } | undefined;
}

/** Says what was done on stderr, so that stdout has the secret alone; with --json everything is one object on stdout. */
export function tell({ text, facts, secret }: Done, { flags }: Arguments, { stdout, stderr, env }: Context): void {
  if (flags['json'] === true) {
    stdout.write(`${JSON.stringify({ ...facts, ...(secret && { [secret.name]: secret.value }) })}\n`);
    return;
  }
  stderr.write(`${styleFor(stderr, env).green('ok')}  ${printable(text)}\n`);
  if (secret !== undefined) stdout.write(`${secret.value}\n`);
}
