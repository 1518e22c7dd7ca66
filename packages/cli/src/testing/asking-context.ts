import { PassThrough } from 'node:stream';
import type { Context } from '../command/command.ts';

/** A terminal at which somebody answers each question in turn with the given keys. */
export function askingContext(cwd: string, answers: readonly string[], env: Context['env'] = {}) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const [out, err]: [string[], string[]] = [[], []];
  const left = [...answers];
  const context: Context = {
    stdin,
    stdout: { write: (text) => out.push(text) },
    stderr: {
      isTTY: true,
      write(text) {
        err.push(text);
        // A question ends so; what is typed is shown by other writes.
        if (/(?:: |\[y\/N\] )$/.test(text)) setImmediate(() => stdin.write(left.shift() ?? '\u0003'));
      },
    },
    env: { TERM: 'dumb', ...env },
    cwd,
  };
  return { context, shown: () => err.join(''), printed: () => out.join('') };
}
