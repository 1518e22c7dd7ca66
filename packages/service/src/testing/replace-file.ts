import { renameSync, writeFileSync } from 'node:fs';

/** Writes a file in one step, so that who watches it never reads a half of it or the empty file that comes before. */
export function replaceFile(file: string, content: string | Buffer): void {
  writeFileSync(`${file}.next`, content);
  renameSync(`${file}.next`, file);
}
