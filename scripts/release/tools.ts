import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root } from './packages.ts';
import { runCommand } from './run-command.ts';

/** What only a release needs has a lock file of its own, so that `npm ci` of the repository stays small. */
export const tools = join(root, 'scripts/release/tools');

export function installTools(): void {
  const [lock, done] = [join(tools, 'package-lock.json'), join(tools, 'node_modules/.package-lock.json')];
  if (existsSync(done) && statSync(done).mtimeMs >= statSync(lock).mtimeMs) return;
  runCommand('npm', ['ci', '--prefix', tools]);
}

/** A folder with a `node`. */
export interface OtherNode {
  readonly path: string;
  readonly version: string;
}

/** The two lines of Node that Sluice runs on: that of this repository, and that of the tools. */
export function supportedNodes(): OtherNode[] {
  return [join(root, 'node_modules/.bin'), join(tools, 'node_modules/.bin')].map((path) => ({
    path,
    version: versionIn(path),
  }));
}

/** A Node on the path that Sluice does not run on, if there is one. */
export function olderNode(): OtherNode | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((path) => existsSync(join(path, 'node')));
  return folders
    .map((path) => ({ path, version: versionIn(path) }))
    .find(({ version }) => Number.parseInt(version, 10) < 24);
}

function versionIn(path: string): string {
  return spawnSync(join(path, 'node'), ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout.trim();
}
