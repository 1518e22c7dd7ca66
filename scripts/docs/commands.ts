import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { code, markdownTable, plainText } from './markdown.ts';

const bin = join(import.meta.dirname, '../../packages/sluice/bin/sluice.js');

/** The commands of `sluice help` in a table. */
export function renderCommands(): string {
  const help = execFileSync(process.execPath, [bin, 'help'], { encoding: 'utf8' });
  const lines = /Commands:\n((?: {2}.*\n)+)/.exec(help)?.[1]?.trimEnd().split('\n') ?? [];
  const rows = lines.map((line) => line.trim().split(/ {2,}/));
  return markdownTable(
    ['command', 'what it does'],
    rows.map(([name = '', summary = '']) => [code(name), plainText(summary)]),
  );
}
