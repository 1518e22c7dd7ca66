import { expect, test } from 'vitest';
import { parseConfig } from '../check/parse-config.ts';
import { formatPath } from '../values/problem.ts';

const weekend = { name: 'w', fromDay: 'Fri', fromTime: '16:00', untilDay: 'Mon', untilTime: '08:00' };
const once = { name: 'o', from: '2026-12-23T12:00:00+01:00', until: '2027-01-04T08:00:00+01:00' };
const hook = { url: 'https://hooks.internal/a?team=shop', secret: 'sixteen-or-more-characters' };

test.for([
  ['a time zone that is none', { freeze: [{ ...weekend, timeZone: 'Mars/Olympus' }] }, ['freeze[0].timeZone']],
  ['a time that is none', { freeze: [{ ...weekend, fromTime: '24:00' }] }, ['freeze[0].fromTime']],
  ['a day that is none', { freeze: [{ ...weekend, untilDay: 'Someday' }] }, ['freeze[0].untilDay']],
  [
    'half of a week',
    { freeze: [{ name: 'w', fromDay: 'Fri' }] },
    ['freeze[0].fromTime', 'freeze[0].untilDay', 'freeze[0].untilTime'],
  ],
  [
    'a week that ends when it begins',
    { freeze: [{ ...weekend, untilDay: 'Fri', untilTime: '16:00' }] },
    ['freeze[0].untilTime'],
  ],
  ['a name of two lines', { freeze: [{ ...weekend, name: 'a\nb' }] }, ['freeze[0].name']],
  ['an end before the beginning', { freeze: [{ ...once, until: once.from }] }, ['freeze[0].until']],
  ['a secret that is too short', { webhooks: [{ ...hook, secret: 'short' }] }, ['webhooks[0].secret']],
  [
    'a secret that is no base64',
    { webhooks: [{ ...hook, secret: 'whsec_not-base64-at-all' }] },
    ['webhooks[0].secret'],
  ],
  ['an address with a password', { webhooks: [{ ...hook, url: 'https://a:b@hooks.internal' }] }, ['webhooks[0].url']],
  ['an event that is none', { webhooks: [{ ...hook, events: ['rolledback'] }] }, ['webhooks[0].events[0]']],
] as const)('%s is refused by name', ([, deployments, paths]) => {
  const result = parseConfig({ deployments });
  const problems = result.ok ? [] : result.problems.map(({ path }) => formatPath(path));
  expect(problems).toEqual(paths.map((path) => `deployments.${path}`));
});

test('both kinds of freezes, and secrets of Standard Webhooks, are taken', () => {
  const secret = `whsec_${Buffer.from('sixteen or more bytes').toString('base64')}`;
  const deployments = { freeze: [weekend, once], webhooks: [hook, { ...hook, secret }] };
  const result = parseConfig({ deployments });
  expect(result).toMatchObject({
    ok: true,
    config: { deployments: { freeze: [{ ...weekend, timeZone: 'UTC' }, once] } },
  });
});
