import { expect, test } from 'vitest';
import { packageNames, readManifest } from './packages.ts';
import { publishedManifest } from './published-manifest.ts';

test('entries lead to compiled files with types; what only development needs is gone', () => {
  const { exports, dependencies, ...rest } = publishedManifest({
    name: 'a',
    version: '1.2.3',
    description: 'A part',
    private: true,
    exports: { '.': './src/index.ts', './deep': './src/deep/part.ts', './testing': './src/testing/index.ts' },
    scripts: { prepack: 'false' },
    dependencies: { b: '1' },
    devDependencies: { c: '1' },
  });
  expect(exports).toEqual({
    '.': { types: './dist/index.d.ts', default: './dist/index.js' },
    './deep': { types: './dist/deep/part.d.ts', default: './dist/deep/part.js' },
    './package.json': './package.json',
  });
  expect(dependencies).toEqual({ b: '1' });
  expect(Object.keys(rest).toSorted()).toEqual(['description', 'engines', 'files', 'name', 'publishConfig', 'version']);
});

test('an entry that no compiled file stands for is refused', () => {
  const manifest = { name: 'a', version: '1.2.3', description: 'A part', exports: { '.': './index.js' } };
  expect(() => publishedManifest(manifest)).toThrow('./index.js');
});

test('packages are listed after those they depend on', () => {
  for (const [index, name] of packageNames.entries()) {
    const ours = Object.keys(readManifest(name).dependencies ?? {}).filter((other) => other.startsWith('@sluice/'));
    expect(
      ours.filter((other) => !packageNames.slice(0, index).some((before) => `@sluice/${before}` === other)),
    ).toEqual([]);
  }
});
