import { consumerKeyDigest } from '@sluice/service';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { noArguments } from '../command/command.ts';
import { parseArguments } from '../command/parse-arguments.ts';
import { askingContext } from '../testing/asking-context.ts';
import { hashKey } from './hash-key.ts';

const key = 'Zq7w-p0Lk3-Nv81-xT5r-9c';

/** Runs the command with this standard input. */
async function run(input: string, ...switches: string[]): Promise<{ out: string; err: string }> {
  const printed = { out: '', err: '' };
  const context = {
    stdout: { write: (text: string) => (printed.out += text) },
    stderr: { write: (text: string) => (printed.err += text) },
    stdin: new PassThrough().end(input),
    env: {},
    cwd: '.',
  };
  await hashKey.run({ ...noArguments, switches: new Set(switches) }, context);
  return printed;
}

test('a key from standard input is hashed, with its line break or without', async () => {
  const hash = `sha256:${consumerKeyDigest(key)}`;
  expect(await run(`${key}\n`)).toEqual({ out: `${hash}\n`, err: '' });
  expect(JSON.parse((await run(key, 'json')).out)).toEqual({ hash });
});

test('a key from a terminal is not shown', async () => {
  const asking = askingContext('.', [`${key}\r`]);
  await hashKey.run(noArguments, asking.context);
  expect(asking.shown()).not.toContain(key);
});

test('a new key is printed alone, and its hash beside it; each is another one', async () => {
  const made = await run('', 'new');
  expect(made.out).toMatch(/^slc_[0-9a-f]{32}_[0-9a-f]{64}\n$/);
  expect(made.err).toContain(`hash sha256:${consumerKeyDigest(made.out.trim())}`);
  expect((await run('', 'new')).out).not.toBe(made.out);
});

test('a key that is given as an argument is not repeated', () => {
  expect(() => parseArguments(hashKey, [key])).toThrow(
    /^too many arguments: sluice hash-key takes no arguments; see --help$/,
  );
});

test('a weak key is refused and not repeated', async () => {
  for (const [weak, reason] of [
    ['short-key-1', 'at least 20 characters'],
    ['a'.repeat(40), 'too easy to guess'],
    [`${key} with spaces`, 'visible ASCII'],
    ['x'.repeat(2000), 'at most 512'],
  ] as const) {
    const failure = await run(weak).catch((error: unknown) => String(error));
    expect(failure).toContain(reason);
    expect(failure).not.toContain(weak);
  }
});
