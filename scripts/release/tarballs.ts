import { join } from 'node:path';
import { packageNames, root } from './packages.ts';
import { runCommand } from './run-command.ts';

export interface Tarball {
  readonly file: string;
  readonly name: string;
  readonly paths: readonly string[];
}

/** Packs every package of `build/` into a folder. */
export function packAll(folder: string): Tarball[] {
  const folders = packageNames.map((name) => join(root, 'build', name));
  const { stdout } = runCommand('npm', ['pack', '--json', '--pack-destination', folder, ...folders]);
  const packed = Object.values(JSON.parse(stdout) as Record<string, Packed>);
  return packed.map(({ filename, name, files }) => ({
    file: join(folder, filename),
    name,
    paths: files.map(({ path }) => path),
  }));
}

/** What npm says of a tarball that it made. */
interface Packed {
  readonly filename: string;
  readonly name: string;
  readonly files: readonly { readonly path: string }[];
}

/** What is wrong with the content of a tarball, a line each. */
export function contentProblems({ name, paths }: Pick<Tarball, 'name' | 'paths'>): string[] {
  const has = new Set(paths);
  const missing = ['LICENSE', 'README.md', 'package.json'].filter((path) => !has.has(path));
  const foreign = paths.filter((path) =>
    /\.(test|bench)\.|(^|\/)(testing|simulation|node_modules)\/|\.map$|(?<!\.d)\.ts$/.test(path),
  );
  const bare = paths.filter(
    (path) => /^dist\/.*\.js$/.test(path) && !path.includes('/swagger-ui/') && !has.has(path.replace(/js$/, 'd.ts')),
  );
  return [
    ...missing.map((path) => `${name} has no ${path}`),
    ...foreign.map((path) => `${name} has ${path}, which is not for users`),
    ...bare.map((path) => `${name} has ${path} without its types`),
  ];
}
