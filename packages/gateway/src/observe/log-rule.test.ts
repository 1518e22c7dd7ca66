import { parseConfig } from '@sluice/model';
import { expect, test } from 'vitest';
import { compileLogRule, isLogged } from './log-rule.ts';
import type { LoggedExchange } from './log-rule.ts';

const always = (): number => 0;
const never = (): number => 1;

function ruleOf(accessLog: object, ofRoute?: object) {
  const parsed = parseConfig({
    proxy: { accessLog },
    routes: [{ name: 'a', accessLog: ofRoute, backends: [{ name: 'a', url: 'http://127.0.0.1:9' }] }],
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return compileLogRule(parsed.config.proxy.accessLog, parsed.config.routes[0].accessLog);
}

function exchange(fields: Partial<LoggedExchange> & { readonly ms?: number }): LoggedExchange {
  return { errorCode: undefined, status: 200, isDetached: false, elapsedMs: () => fields.ms ?? 1, ...fields };
}

test.each([
  ['nothing by default', {}, {}, never, false],
  ['nothing by default, whatever chance says', {}, {}, always, false],
  ['gateway errors by default', {}, { errorCode: 'BAD_GATEWAY', status: 502 }, never, true],
  ['no gateway errors', { failures: false }, { errorCode: 'BAD_GATEWAY', status: 502 }, always, false],
  ['all', { sample: 1 }, {}, () => 0.999_999, true],
  ['the share', { sample: 0.1 }, {}, () => 0.05, true],
  ['not more than the share', { sample: 0.1 }, {}, () => 0.2, false],
  ['errors of backends, by their hundred', { statuses: ['5xx'] }, { status: 599 }, never, true],
  ['not the hundred before', { statuses: ['5xx'] }, { status: 499 }, never, false],
  ['one status', { statuses: ['429', '404'] }, { status: 404 }, never, true],
  ['not the status beside it', { statuses: ['404'] }, { status: 405 }, never, false],
  ['an exchange without a status', { statuses: ['404'] }, { status: 0 }, never, false],
  ['slow ones', { slowerThan: '1s' }, { ms: 1001 }, never, true],
  ['not fast ones', { slowerThan: '1s' }, { ms: 1000 }, never, false],
  ['not WebSockets for being slow', { slowerThan: '1s' }, { ms: 9999, isDetached: true }, never, false],
])('the access log has %s', (_what, config, fields, random, isWanted) => {
  expect(isLogged(ruleOf(config), exchange(fields), random)).toBe(isWanted);
});

test('a route replaces what it names, and keeps the rest', () => {
  const rule = ruleOf({ sample: 1, statuses: ['5xx'], slowerThan: '1s' }, { sample: 0, statuses: [] });
  expect(rule).toEqual({ sample: 0, failures: true, statuses: undefined, slowerThanMs: 1000 });
  expect(isLogged(rule, exchange({ status: 500 }), always)).toBe(false);
});

test('how long an exchange took is not asked unless it matters', () => {
  const untimed = exchange({ elapsedMs: () => expect.unreachable() });
  expect(isLogged(ruleOf({ sample: 0.5, statuses: ['5xx'] }), untimed, never)).toBe(false);
});
