import { expect, test } from 'vitest';
import { parseConfig } from './parse-config.ts';
import { sameMatches } from './same-matches.ts';

const backends = [{ name: 'one', url: 'http://10.0.0.1' }];
const whole = { pathPattern: '/a/{id}', hosts: ['a.example', 'b.example'], headers: { 'X-Tier': 'gold' }, backends };

function found(...routes: readonly object[]): string[] {
  const read = parseConfig({ routes: routes.map((route, index) => ({ ...whole, name: `r${index}`, ...route })) });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return sameMatches(read.config.routes).map(({ path, message }) => `${path.join('.')} ${message}`);
}

test('two routes with the same match are said, however it is written, with the one that is taken', () => {
  const written = { pathPattern: '/a/*', hosts: ['b.example', 'a.example'], headers: { 'x-tier': 'gold' } };
  expect(found({ name: 'zed' }, written)).toEqual([
    'routes.1 matches the same as route zed: r1 gets every request, by its name; give one a higher priority',
  ]);
});

test('routes that differ in anything, or of which one is disabled, are not', () => {
  const others = [
    { priority: 1 },
    { methods: ['GET'] },
    { query: { a: '*' } },
    { hosts: [] },
    { pathPattern: '/a/**' },
  ];
  expect(found({}, { isEnabled: false }, ...others)).toEqual([]);
});
