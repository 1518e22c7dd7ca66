import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { CommandFailure } from '../command/command.ts';
import type { Context } from '../command/command.ts';

/** Whether there is somebody to ask: both ways are a terminal. */
export function canAsk({ stdin, stderr }: Context): boolean {
  return stdin?.isTTY === true && stderr.isTTY === true;
}

/** Asks a question that is answered with yes or no; no unless the answer begins with y. Only when `canAsk`. */
export async function confirm(question: string, context: Context): Promise<boolean> {
  const answer = await ask(`${question} [y/N] `, context, { echo: true });
  return /^y(?:es)?$/i.test(answer.trim());
}

/** Asks for a line of text, such as a name. Only when `canAsk`. */
export function askText(question: string, context: Context): Promise<string> {
  return ask(`${question}: `, context, { echo: true });
}

/** Asks for something that must not be seen. Only when `canAsk`. */
export function askHidden(question: string, context: Context): Promise<string> {
  return ask(`${question}: `, context, { echo: false });
}

/** Questions go to stderr, so that what a command prints can be redirected. */
async function ask(question: string, context: Context, { echo }: { echo: boolean }): Promise<string> {
  const { stdin, stderr } = context;
  if (stdin === undefined) throw new Error('there is nobody to ask');
  // readline puts a terminal into raw mode, which shows nothing by itself: what is typed is shown by readline, or not at all.
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
