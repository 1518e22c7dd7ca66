import type { Manifest } from './packages.ts';

/** Where a public entry leads in a published package. */
interface Entry {
  readonly types: string;
  readonly default: string;
}

type Published = Omit<Manifest, 'private' | 'scripts' | 'devDependencies' | 'exports'> & {
  readonly exports: Readonly<Record<string, Entry | string>>;
};

/** The manifest of a package as it is published: its entries lead to compiled files, and what only development needs is gone. */
export function publishedManifest(manifest: Manifest): Published {
  const { private: _private, scripts: _scripts, devDependencies: _devDependencies, exports, ...rest } = manifest;
  const entries = Object.entries(exports)
    .filter(([, file]) => !file.includes('/testing/'))
    .map(([name, file]) => [name, entryOf(file)] as const);
  return {
    ...rest,
    // publint: a consumer may ask for the manifest.
    exports: { ...Object.fromEntries(entries), './package.json': './package.json' },
    files: ['dist', 'bin', 'CHANGELOG.md'],
    engines: { node: '>=24' },
    publishConfig: { access: 'public' },
  } as Published;
}

function entryOf(file: string): Entry {
  const compiled = file.replace(/^\.\/src\/(.*)\.ts$/, './dist/$1');
  if (compiled === file) throw new Error(`an entry must be a TypeScript file of src, and ${file} is not`);
  return { types: `${compiled}.d.ts`, default: `${compiled}.js` };
}
