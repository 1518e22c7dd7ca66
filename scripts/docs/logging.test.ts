import { expect, test } from 'vitest';
import { createLineFormat, lineOf } from '../../packages/gateway/src/observe/create-line-format.ts';
import { logPlaceholders } from '../../packages/model/src/values/log-template.ts';
import { createRedaction } from '../../packages/service/src/redaction/index.ts';
import { codesIn, readPage, rowsOf, tableBelow } from './testing/pages.ts';

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

test('the lines of the formats are what they write', () => {
  const entry = {
    method: 'GET',
    path: '/orders/7',
    protocol: 'HTTP/1.1',
    host: 'shop.example',
    status: 200,
    consumer: 'shop-7',
    durationMs: 1,
    bytesSent: 512,
    attempts: 1,
    client: '192.0.2.1',
    requestId: 'r',
    revision: 1,
    headers: [undefined, 'curl/8.14'],
  };
  const time = Date.UTC(2026, 10, 30, 23, 20, 33);
  const rows = tableBelow(page, '### Formats');
  expect(rows).toHaveLength(2);
  for (const [name = '', line = ''] of rows) {
    const format = createLineFormat({ format: codesIn(name)[0] as 'common', query: false });
    expect(lineOf(format, entry, time, 4096)).toBe(`${codesIn(line)[0]}\n`);
  }
});
