import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { CommandFailure } from '../command/command.ts';
import type { Context } from '../command/command.ts';

/** Whether there is somebody to ask: input and output are a terminal. */
export function canAsk({ stdin, stderr }: Context): boolean {
  return stdin?.isTTY === true && stderr.isTTY === true;
}

/** Asks a yes-or-no question; anything but y or yes means no. Only when `canAsk`. */
export async function confirm(question: string, context: Context): Promise<boolean> {
  const answer = await ask(`${question} [y/N] `, context, { echo: true });
  return /^y(?:es)?$/i.test(answer.trim());
}

/** Asks for a line of text, such as a name. Only when `canAsk`. */
export function askText(question: string, context: Context): Promise<string> {
  return ask(`${question}: `, context, { echo: true });
}

/** Asks for a secret, which is not shown. Only when `canAsk`. */
export function askHidden(question: string, context: Context): Promise<string> {
  return ask(`${question}: `, context, { echo: false });
}

/** Questions go to stderr, so that the output of a command can be redirected. */
async function ask(question: string, context: Context, { echo }: { echo: boolean }): Promise<string> {
  const { stdin, stderr } = context;
  if (stdin === undefined) throw new Error('there is nobody to ask');
  // readline puts the terminal into raw mode: what is typed appears only if readline writes it.
  const shown = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (echo) stderr.write(chunk.toString());
      done();
    },
  });
  if (!echo) stderr.write(question);
  const reader = createInterface({ input: stdin, output: shown, terminal: true, historySize: 0 });
  try {
    return await answerOf(reader, echo ? question : '');
  } finally {
    reader.close();
    if (!echo) stderr.write('\n');
  }
}

function answerOf(reader: Interface, prompt: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const cancel = (): void => reject(new CommandFailure('cancelled: nothing was changed'));
    reader.once('line', resolve).once('SIGINT', cancel).once('close', cancel);
    reader.setPrompt(prompt);
    reader.prompt();
  });
}
