import { expect, test } from 'vitest';
import { readPages } from './read-pages.ts';

test('a list is read page by page, and no further than asked', async () => {
  const asked: string[] = [];
  const read = ({ limit, offset }: { limit: number; offset: number }) => {
    asked.push(`${offset}+${limit}`);
    return Promise.resolve({
      items: Array.from({ length: Math.min(limit, 250 - offset) }, (_, at) => offset + at),
      total: 250,
    });
  };
  expect((await readPages(1000, read)).items).toHaveLength(250);
  expect((await readPages(120, read)).items).toHaveLength(120);
  expect(asked).toEqual(['0+100', '100+100', '200+100', '0+100', '100+20']);
});
