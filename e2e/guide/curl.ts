import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The answer to a command. */
export interface CurlAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * Runs a `curl` command as it is written: with curl where the machine has it, and otherwise with the request that curl would send.
 * Files are found in `folder`.
 */
export async function curl(command: string, folder: string): Promise<CurlAnswer> {
  const [name, ...args] = wordsOf(command);
  if (name !== 'curl') throw new Error(`this is no curl command: ${command}`);
  try {
    const { stdout } = await promisify(execFile)('curl', ['-s', '-w', '\n%{http_code}', ...args], { cwd: folder });
    const end = stdout.lastIndexOf('\n');
    return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return send(args, folder);
  }
}

/** The words of a command, as a shell reads them. */
function wordsOf(command: string): string[] {
  const words = command.replaceAll('\\\n', ' ').matchAll(/'([^']*)'|"([^"]*)"|([^\s'"]+)/g);
  return Array.from(words, ([, single, double, bare]) => single ?? double ?? bare);
}

/** What curl sends for these arguments: a POST if there is data, which is called a form unless a header says otherwise. */
async function send(args: readonly string[], folder: string): Promise<CurlAnswer> {
  const headers = new Headers();
  let [url, method, body]: (string | undefined)[] = [];
  for (const words = args.values(), next = () => words.next().value ?? ''; ;) {
    const { value: word, done } = words.next();
    if (done === true) break;
    if (word === '-X') method = next();
    else if (word === '-d') body = await dataOf(next(), folder);
    else if (word === '-H') headers.append(...(next().split(/: (.*)/, 2) as [string, string]));
    else if (!word.startsWith('-')) url = word;
  }
  if (body !== undefined && !headers.has('content-type'))
    headers.set('content-type', 'application/x-www-form-urlencoded');
  const answer = await fetch(url ?? '', { method: method ?? (body === undefined ? 'GET' : 'POST'), headers, body });
  return { status: answer.status, body: await answer.text() };
}

/** curl leaves out the line breaks of a file. */
async function dataOf(text: string, folder: string): Promise<string> {
  if (!text.startsWith('@')) return text;
  return (await readFile(join(folder, text.slice(1)), 'utf8')).replaceAll(/[\r\n\0]/g, '');
}
