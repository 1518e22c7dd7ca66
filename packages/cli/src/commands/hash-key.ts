import { consumerKey, consumerKeyDigest } from '@sluice/service';
import { randomBytes } from 'node:crypto';
import { CommandFailure, UsageError } from '../command/command.ts';
import type { Command, Context } from '../command/command.ts';
import { readSecretFile } from '../secrets/read-secret.ts';
import { askHidden, canAsk } from '../terminal/ask.ts';
import { printDone, printEither } from '../terminal/print.ts';

export const hashKey: Command = {
  name: 'hash-key',
  summary: 'Hash the key of a consumer, for `consumers` in the configuration file',
  positionals: [],
  flags: [
    { name: 'new', description: 'Make a new key, and print it and its hash' },
    { name: 'json', description: 'Print JSON' },
  ],
  notes: [
    'sluice hash-key --new',
    'sluice hash-key < key.txt',
    '',
    'Asks for the key, or reads it from standard input. It is never an argument, which others on the machine could see.',
    'Put the hash into the file, and give the key to the consumer: nobody can read it again.',
  ],
  async run(args, context) {
    const isNew = args.switches.has('new');
    const key = isNew ? newKey() : await givenKey(context);
    const hash = `sha256:${consumerKeyDigest(key)}`;
    if (!isNew) printEither({ json: { hash }, text: () => `${hash}\n` }, args, context);
    else printDone({ text: `hash ${hash}`, json: { hash }, secret: { name: 'key', value: key } }, args, context);
    return 0;
  },
};

/** Like the keys that the API makes. */
function newKey(): string {
  return consumerKey(randomBytes(16).toString('hex'), randomBytes(32).toString('hex'));
}

async function givenKey(context: Context): Promise<string> {
  if (context.stdin === undefined)
    throw new UsageError('there is no key to hash: write it to standard input, or use --new');
  const key = canAsk(context) ? await askHidden('Key of the consumer', context) : await readSecretFile('-', context);
  const weakness = weaknessOfKey(key);
  if (weakness !== undefined) throw new CommandFailure(`the key ${weakness}: sluice hash-key --new makes a good one`);
  return key;
}

const least = 20;
const most = 512;

/** A hash is quick, so only a key that nobody can guess is safe behind it. Never repeats the key. */
function weaknessOfKey(key: string): string | undefined {
  // RFC 9110 section 5.5: what a header can carry, without a space at either end.
  if (!/^[\x21-\x7e]+$/.test(key)) return 'must consist of visible ASCII characters, without spaces';
  if (key.length < least) return `must have at least ${least} characters`;
  if (key.length > most) return `must have at most ${most} characters`;
  return new Set(key).size < 8 ? 'is too easy to guess' : undefined;
}
