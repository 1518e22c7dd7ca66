import { expect, test } from 'vitest';
import { parseConfig } from '../../packages/model/src/index.ts';
import { compileRule, functionNames } from '../../packages/model/src/rule/compile-rule.ts';
import { codesIn, fencedBlocks, readPage, tableBelow } from './testing/pages.ts';

const page = readPage('docs/authorization.md');
const [claims = '{}'] = fencedBlocks(page, 'json');

const request = {
  method: 'GET',
  path: '/orders/7',
  query: '',
  host: 'api.example',
  clientAddress: '192.0.2.1',
  routeName: 'orders',
  identity: {
    method: 'jwt',
    subject: 'ann',
    scopes: ['orders:read'],
    roles: [],
    permissions: [],
    claims: JSON.parse(claims) as Record<string, unknown>,
  },
  parameters: () => ({ id: '7' }),
  header: () => undefined,
};

test.each(tableBelow(page, '## Rules'))('the rule %s is %s', (rule, result) => {
  const evaluated = compileRule(codesIn(rule ?? '')[0] ?? '')(request);
  expect(evaluated === undefined ? 'fails' : String(evaluated)).toBe(result);
});

test('the functions are those of the language', () => {
  const functions = page.slice(page.indexOf('The functions are'), page.indexOf('### Limits'));
  const calls = new Set(['header', 'hasHeader']);
  expect(new Set(codesIn(functions))).toEqual(new Set(functionNames.filter((name) => !calls.has(name))));
});

test('the message about a mistake is the one that is shown', () => {
  const backends = [{ name: 'a', url: 'http://192.0.2.1' }];
  const result = parseConfig({ routes: [{ name: 'a', backends, authorization: { rule: 'claim.tier == "a"' } }] });
  const problems = result.ok ? [] : result.problems;
  const problem = problems.find(({ path }) => path.at(-1) === 'rule');
  expect(page).toContain(`routes[0].authorization.rule: ${problem?.message}`);
});
