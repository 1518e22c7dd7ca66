import { createLogger } from '@sluice/service';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaceFile } from '@sluice/service/testing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { NamedText } from './messages.ts';
import { NamedFiles } from './named-files.ts';

const until = (condition: () => boolean) => vi.waitUntil(condition);

let base: string;
let folder: string;
let files: NamedFiles | undefined;
let lines: string[];
let said: NamedText[];

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'named-'));
  folder = base;
  [lines, said] = [[], []];
});
afterEach(() => {
  files?.close();
  rmSync(base, { recursive: true });
});

function open({ anyPath = false } = {}): NamedFiles {
  const log = createLogger({ output: { write: (line) => lines.push(line) }, json: true });
  files = new NamedFiles({ folder, anyPath: () => anyPath, log, onChange: (file) => said.push(file) });
  return files;
}

const write = (name: string, content: string | Buffer): void => replaceFile(join(base, name), content);

const credentials = (...names: string[]) => names.map((name) => ({ kind: 'credentials' as const, name }));

test('the content of a file that a policy names is kept byte by byte, follows the file, and outlives it', async () => {
  const bytes = Buffer.from([0, 10, 13, 0x80, 0xff, 10]);
  write('jwt.secret', bytes);
  const { credentialsOf } = await added(open(), 'jwt.secret');
  expect(Buffer.from(credentialsOf('jwt.secret')!, 'latin1')).toEqual(bytes);
  write('jwt.secret', 'SECOND\nline');
  await until(() => credentialsOf('jwt.secret') === 'SECOND\nline');
  write('jwt.secret', 'S'.repeat(1024 * 1024 + 1));
  await until(() => lines.some((line) => line.includes('the last good content stays in use')));
  expect(credentialsOf('jwt.secret')).toBe('SECOND\nline');
  expect(lines.join('')).not.toContain('SECOND');
});

test('a file that cannot be used is told in the log, and read once it can be', async () => {
  write('empty', '');
  symlinkSync('/etc/hostname', join(folder, 'outside'));
  const { credentialsOf } = await added(open(), 'empty', 'outside', '../x', 'missing');
  for (const name of ['empty', 'outside', '../x', 'missing']) expect(credentialsOf(name)).toBeUndefined();
  expect(lines.filter((line) => line.includes('refuse their requests'))).toHaveLength(4);
  write('missing', 'there');
  await until(() => credentialsOf('missing') === 'there');
  expect(said).toEqual([{ kind: 'credentials', name: 'missing', text: 'there' }]);
});

test('the file of a gateway itself names files of policies by any path', async () => {
  write('any', 'content');
  const path = join(base, 'any');
  const known = await added(open({ anyPath: true }), path);
  expect(known.credentialsOf(path)).toBe('content');
  known.remove(credentials(path));
  expect(known.credentialsOf(path)).toBeUndefined();
});

async function added(named: NamedFiles, ...names: string[]): Promise<NamedFiles> {
  await named.add(credentials(...names));
  return named;
}
