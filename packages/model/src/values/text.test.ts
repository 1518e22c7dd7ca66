import { expect, test } from 'vitest';
import { parseRoute } from '../check/parse-route.ts';
import { line, reportedLine } from './text.ts';

test('one line holds nothing that breaks it or turns it round', () => {
  const odd = ['a\nb', 'a\rb', 'a\u0000b', 'a\u001bb', 'a\u0085b', 'a\u2028b', 'a\u2029b', 'a\u202eb', 'a\u2066b', ''];
  expect(odd.filter((text) => line(128).safeParse(text).success)).toEqual([]);
  for (const text of ['1.0', 'ein Grund – „so“', '理由']) expect(line(128).safeParse(text).success).toBe(true);
});

test('what a node says of a failure is made one line, and not lost', () => {
  expect(reportedLine(64).parse('self-signed\r\nApproved by: anna\u202e')).toBe('self-signed  Approved by: anna ');
});

const whole = { name: 'a', backends: [{ name: 'one', url: 'https://10.0.0.1' }] };
const [backend] = whole.backends;

test.for([
  ['version', { ...whole, version: '1.0\n2.0 was approved' }, ['version']],
  [
    'serverName',
    { ...whole, backends: [{ ...backend, tls: { serverName: 'a\nb' } }] },
    ['backends', 0, 'tls', 'serverName'],
  ],
  [
    'rewritePath',
    { ...whole, transformations: { request: { rewritePath: `/${'a'.repeat(2000)} → /` } } },
    ['transformations', 'request', 'rewritePath'],
  ],
  ['pathPattern', { ...whole, pathPattern: `/${'a'.repeat(3000)}` }, ['pathPattern']],
] as const)('%s is bounded and in one line', ([, document, path]) => {
  const read = parseRoute(document, { backends: () => undefined });
  expect(read.ok ? [] : read.problems.map((problem) => problem.path)).toEqual([path]);
});
