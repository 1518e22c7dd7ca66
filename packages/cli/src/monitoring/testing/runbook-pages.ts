import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../../../../../docs/runbooks');

/** The page that lists the others. */
export const runbookIndex = readFileSync(join(folder, 'README.md'), 'utf8');

/** The text of each runbook by its name. */
export const runbookPages: ReadonlyMap<string, string> = new Map(
  readdirSync(folder)
    .filter((file) => file !== 'README.md')
    .map((file) => [file.replace(/\.md$/, ''), readFileSync(join(folder, file), 'utf8')]),
);

/** The commands below a heading of a page. */
export function commandsBelow(page: string, heading: string): string[] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) => block.trimEnd().split('\n'));
}

/** The commands below a heading of all pages, each once. */
export function allCommandsBelow(heading: string): string[] {
  return [...new Set([...runbookPages.values()].flatMap((page) => commandsBelow(page, heading)))];
}

/** The words of a command line, as a shell has them; the pages quote with single quotes alone. */
export function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
}
