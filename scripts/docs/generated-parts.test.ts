import { expect, test } from 'vitest';
import { generatedParts } from './generated-parts.ts';
import { replaceRegion } from './region.ts';
import { readPage } from './testing/pages.ts';

test.each(generatedParts)('$file is what the code says (else: node scripts/docs.ts)', ({ file, region, render }) => {
  const page = readPage(file);
  expect(page).toBe(replaceRegion(page, region, render()));
});

test('a region is replaced between its markers, and nothing else', () => {
  const page = 'a\n<!-- x -->\nold\n<!-- /x -->\nb\n';
  expect(replaceRegion(page, 'x', '\nnew $& text\n')).toBe('a\n<!-- x -->\nnew $& text\n<!-- /x -->\nb\n');
});

test.each(['', '<!-- x -->', '<!-- /x --><!-- x -->', '<!-- x --><!-- /x --><!-- x --><!-- /x -->'])(
  'a page without the markers, once and in order, is refused: %j',
  (page) => {
    expect(() => replaceRegion(page, 'x', 'new')).toThrow('<!-- x -->');
  },
);
