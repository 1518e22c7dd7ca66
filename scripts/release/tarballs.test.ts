import { expect, test } from 'vitest';
import { contentProblems } from './tarballs.ts';

const good = ['LICENSE', 'README.md', 'package.json', 'dist/a.js', 'dist/a.d.ts', 'bin/a.js'];

test('a tarball with what users need and nothing else has no problems', () => {
  expect(contentProblems({ name: 'a', paths: good })).toEqual([]);
});

test.each([
  ['no LICENSE', good.filter((path) => path !== 'LICENSE')],
  ['without its types', good.filter((path) => path !== 'dist/a.d.ts')],
  ['dist/a.test.d.ts', [...good, 'dist/a.test.d.ts']],
  ['dist/testing/kit.d.ts', [...good, 'dist/testing/kit.d.ts']],
  ['src/a.ts', [...good, 'src/a.ts']],
  // The sources that it leads to are not in the package.
  ['dist/a.js.map', [...good, 'dist/a.js.map']],
])('%s is found', (problem, paths) => {
  expect(contentProblems({ name: 'a', paths })).toEqual([expect.stringContaining(problem)]);
});
