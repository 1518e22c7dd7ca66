import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of the repository. */
export const root = join(import.meta.dirname, '../../..');

/** README.md and every page of docs/, relative to the repository. */
export const pages: readonly string[] = ['README.md', ...globSync('docs/**/*.md', { cwd: root })].toSorted();

/** The text of a file of the repository. */
export function readPage(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

/** The rows of the first table below a heading, without the header; cells as Markdown. Throws when there is none. */
export function tableBelow(text: string, heading: string): string[][] {
  const below = `\n${text}`.split(`\n${heading}\n`)[1];
  const table = /(?:^\|.*\n)+/m.exec(below ?? '')?.[0];
  if (table === undefined) throw new Error(`there is no table below ${heading}`);
  return rowsOf(table);
}

/** The rows of a table, without the header. */
export function rowsOf(table: string): string[][] {
  const lines = table.trimEnd().split('\n').slice(2);
  return lines.map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll(String.raw`\|`, '|')),
  );
}

/** The texts in backticks. */
export function codesIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

/** The fenced blocks of a language. */
export function fencedBlocks(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].flatMap(([, found, block = '']) =>
    found === language ? [block] : [],
  );
}

/** The text without fenced and indented code, in which nothing is markup. */
export function withoutCode(text: string): string {
  return text
    .replaceAll(/^```.*?^```$/gms, '')
    .replaceAll(/^ {4}.*$/gm, '')
    .replaceAll(/`[^`\n]*`/g, (span) => (span.includes('](') ? '' : span));
}
