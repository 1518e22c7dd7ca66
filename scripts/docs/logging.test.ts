import { expect, test } from 'vitest';
import { logPlaceholders } from '../../packages/model/src/values/log-template.ts';
import { createRedaction } from '../../packages/service/src/redaction/index.ts';
import { codesIn, readPage, rowsOf } from './testing/pages.ts';

const page = readPage('docs/logging.md');

function tableBetween(name: string): string[][] {
  const region = page.slice(page.indexOf(`<!-- ${name} -->\n`), page.indexOf(`<!-- /${name} -->`));
  return rowsOf(region.slice(region.indexOf('|')));
}

test('the table of placeholders has all that there are', () => {
  const documented = tableBetween('placeholders').flatMap(([names = '']) => codesIn(names));
  expect(documented.toSorted()).toEqual([...logPlaceholders, 'header:NAME'].toSorted());
});

test('what the page says of a request is what the log shows of it', () => {
  const redaction = createRedaction();
  const rows = tableBetween('hidden').map((cells) => cells.map((cell) => codesIn(cell)[0] ?? ''));
  expect(rows.length).toBeGreaterThan(5);
  for (const [request = '', shown] of rows) {
    const [path = '', query] = request.split('?');
    const logged = redaction.path(path) + (query === undefined ? '' : `?${redaction.query(query)}`);
    expect(logged).toBe(shown);
  }
});
