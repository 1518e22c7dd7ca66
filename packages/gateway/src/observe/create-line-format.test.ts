import { readFileSync } from 'node:fs';
import { parseConfig } from '@sluice/model';
import { expect, test } from 'vitest';
import type { AccessLogEntry } from './access-log-entry.ts';
import { createLineFormat, lineOf } from './create-line-format.ts';
import { sampleEntry } from './testing/sample-entry.ts';

const time = Date.UTC(2025, 0, 2, 3, 4, 5);

function line(settings: Partial<Parameters<typeof createLineFormat>[0]>, fields: Partial<AccessLogEntry> = {}): string {
  const format = createLineFormat({ query: false, ...settings });
  return lineOf(format, { ...sampleEntry, ...fields }, time, 4096);
}

test('the common and the combined format are those of other web servers', () => {
  const start = '192.0.2.1 - ada [02/Jan/2025:03:04:05 +0000] "GET /users/1 HTTP/1.1" 200 10';
  expect(line({ format: 'common' }, { consumer: 'ada' })).toBe(`${start}\n`);
  const headers = ['https://a.test/', 'curl/8 (x "y")'];
  expect(line({ format: 'combined' }, { subject: 'ada', headers })).toBe(
    `${start} "https://a.test/" "curl/8 (x \\x22y\\x22)"\n`,
  );
  expect(line({ format: 'combined' })).toContain(' - - [02/Jan/2025');
  expect(line({ format: 'combined' })).toMatch(/ "-" "-"\n$/);
});

test.each(['common', 'combined'] as const)('the page about logging has a line of the format %s', (format) => {
  const page = readFileSync(new URL('../../../../docs/logging.md', import.meta.url), 'utf8');
  const documented = new RegExp(`^\\| \`${format}\` \\| \`(.*)\` \\|$`, 'm').exec(page)?.[1];
  const shown = lineOf(
    createLineFormat({ format, query: false }),
    { ...sampleEntry, path: '/orders/7', consumer: 'shop-7', bytesSent: 512, headers: [undefined, 'curl/8.14'] },
    Date.UTC(2026, 10, 30, 23, 20, 33),
    4096,
  );
  expect(shown).toBe(`${documented}\n`);
});

test('the query is shown when it is asked for, or named by a template', () => {
  const query = 'a=1';
  expect(createLineFormat({ query: false }).showsQuery).toBe(false);
  expect(createLineFormat({ query: false, format: 'common' }).showsQuery).toBe(false);
  expect(createLineFormat({ query: false, template: '${query}' }).showsQuery).toBe(true);
  expect(createLineFormat({ query: false, template: '${target}' }).showsQuery).toBe(true);
  expect(createLineFormat({ query: false, template: '${path}' }).showsQuery).toBe(false);
  expect(JSON.parse(line({ query: true }, { query }))).toMatchObject({ path: '/users/1', query });
  expect(line({ format: 'common', query: true }, { query })).toContain('"GET /users/1?a=1 HTTP/1.1"');
  expect(line({ template: '${path} ${query}' }, { query })).toBe('/users/1 a=1\n');
});

test('a template asks for the headers that it shows, each once', () => {
  const template = '${header:X-Shop} ${header:user-agent} ${header:x-shop}';
  expect(createLineFormat({ query: false, template }).headers).toEqual(['x-shop', 'user-agent']);
  expect(line({ template }, { headers: ['a', undefined] })).toBe('a - a\n');
});

const nasty = 'a b"c\\d]e\r\n\t\u0000\u001B[31m\u007F\u009B\u2028\uD800|f';

test.each([
  ['${header:x} ${status}', 'a\\x20b\\x22c\\x5Cd]e\\x0D\\x0A\\x09\\x00\\x1B[31m\\x7F\\x9B\\u2028\\uD800|f 200\n'],
  ['"${header:x}" ${status}', '"a b\\x22c\\x5Cd]e\\x0D\\x0A\\x09\\x00\\x1B[31m\\x7F\\x9B\\u2028\\uD800|f" 200\n'],
  [
    '[${header:x}] ${status}',
    '[a\\x20b\\x22c\\x5Cd\\x5De\\x0D\\x0A\\x09\\x00\\x1B[31m\\x7F\\x9B\\u2028\\uD800|f] 200\n',
  ],
  ['${header:x}|${status}', 'a\\x20b\\x22c\\x5Cd]e\\x0D\\x0A\\x09\\x00\\x1B[31m\\x7F\\x9B\\u2028\\uD800\\x7Cf|200\n'],
])('in %s, no value can end its field or its line', (template, shown) => {
  expect(line({ template }, { headers: [nasty] })).toBe(shown);
});

test('for every mark that may end a field, a value cannot contain it', () => {
  for (let code = 0x20; code < 0x7f; code++) {
    const mark = String.fromCharCode(code);
    // These are a placeholder, or part of what an escape is made of.
    if (/[$0-9A-Za-z\\]/.test(mark)) continue;
    const shown = line({ template: `\${header:x}${mark}\${status}` }, { headers: [`before${mark}after`] });
    expect(shown.split(mark), mark).toHaveLength(2);
  }
});

test('a value that is not there is a hyphen', () => {
  expect(line({ template: '${route} ${backend} "${error}" ${traceId}' })).toBe('- - "-" -\n');
});

test('a line that would be too long has its texts cut', () => {
  const path = `/${'é'.repeat(2000)}`;
  const shown = line({ template: '${path} ${host}' }, { path, host: path });
  expect(shown).toBe(`/${'é'.repeat(999)}… /${'é'.repeat(999)}…\n`);
  const short = lineOf(createLineFormat({ query: false, template: '${path}' }), { ...sampleEntry, path }, time, 512);
  expect(short).toBe(`/${'é'.repeat(39)}…\n`);
});

function problemsOf(accessLog: object) {
  const parsed = parseConfig({ proxy: { accessLog } });
  return parsed.ok ? [] : parsed.problems.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

test.each([
  [
    { template: '${methd} ${path}' },
    /template: unknown placeholder \$\{methd\}; known are .*; did you mean "method"\?$/,
  ],
  [{ template: '${path' }, /template: a placeholder is not closed/],
  [{ template: 'hello' }, /template: expected at least one placeholder/],
  [{ template: '${path}\n${status}' }, /template: expected one line/],
  [{ template: '${header:}' }, /template: unknown placeholder \$\{header:\}/],
  [{ template: '${path}', format: 'json' }, /template: is a format itself: keep one of format, template/],
  [{ format: 'apache' }, /format: .*combined/],
  [{ statuses: ['6xx'] }, /statuses.0: expected a status such as 404/],
])('%j is refused with its place and what to do', (accessLog, message) => {
  expect(problemsOf(accessLog)).toEqual([expect.stringMatching(message)]);
});

test('tabs may part fields', () => {
  expect(problemsOf({ template: '${method}\t${path}' })).toEqual([]);
  expect(line({ template: '${method}\t${path}' })).toBe('GET\t/users/1\n');
});
