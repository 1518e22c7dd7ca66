import { splitConfig } from '@sluice/model';
import type { SplitSettings } from '@sluice/model';
import { describe, expect, test } from 'vitest';
import { requestHead } from '../http1/testing/parsed-head.ts';
import { createPrng } from '../route/testing/prng.ts';
import { createChooseVersion } from './choose-version.ts';
import type { Identity } from '../policy/policy.ts';
import type { Chance, VersionRequest } from './choose-version.ts';

const settingsOf = (input: object): SplitSettings =>
  splitConfig.parse({ deploymentId: 'd-1', epoch: 1, percentage: 10, ...input });

/** A request with these header lines. */
const requestOf = (...lines: string[]): VersionRequest => ({
  head: requestHead('GET / HTTP/1.1', 'Host: a', ...lines),
  clientAddress: '192.0.2.1',
  newUser: undefined,
  finding: undefined,
});

const nobody: Identity = { method: 'm', subject: '', scopes: [], roles: [], permissions: [], claims: {} };

/** Chance that is never asked. */
const none: Chance = {
  number: () => {
    throw new Error('a number was drawn');
  },
  userName: () => {
    throw new Error('a name was made up');
  },
};

/** The share of the candidate among these requests, in percent. */
function shareOf(settings: SplitSettings, requests: Iterable<VersionRequest>, chance?: Chance): number {
  const choose = createChooseVersion(settings, chance);
  let [candidate, all] = [0, 0];
  for (const request of requests) {
    all++;
    if (choose(request) === 'candidate') candidate++;
  }
  return (candidate / all) * 100;
}

/** The same request again and again, under another header value or address each time. */
function* users(
  count: number,
  change: (request: { -readonly [K in keyof VersionRequest]: VersionRequest[K] }, index: number) => void,
) {
  for (let index = 0; index < count; index++) {
    const request = requestOf();
    change(request, index);
    yield request;
  }
}

const manyUsers = (count: number) =>
  users(count, (request, index) => (request.clientAddress = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`));

describe('the share', () => {
  test.each([
    [10, 1],
    [1, 0.2],
    [0.01, 0.02],
    [50, 1],
  ])('of %d percent is met within %d points over 100,000 requests by chance', (percentage, tolerance) => {
    const chance = { ...none, number: createPrng(4711).next };
    const share = shareOf(settingsOf({ percentage }), manyUsers(100_000), chance);
    expect(Math.abs(share - percentage)).toBeLessThan(tolerance);
  });

  test.each([
    [10, 1],
    [1, 0.2],
    [0.01, 0.02],
    [50, 1],
  ])('of %d percent is met within %d points over 100,000 users', (percentage, tolerance) => {
    const settings = settingsOf({ percentage, sticky: { by: 'client' } });
    expect(Math.abs(shareOf(settings, manyUsers(100_000), none) - percentage)).toBeLessThan(tolerance);
  });

  test.each([
    [0, 'stable'],
    [100, 'candidate'],
  ])('of %d percent sends everybody to the %s version, without asking chance', (percentage, version) => {
    for (const sticky of [undefined, { by: 'cookie' }, { by: 'client' }]) {
      const choose = createChooseVersion(settingsOf({ percentage, sticky }), none);
      expect([...manyUsers(100)].every((request) => choose(request) === version)).toBe(true);
    }
  });

  test('counts in steps of a hundredth of a percent', () => {
    const at = (percentage: number, place: number) =>
      createChooseVersion(settingsOf({ percentage }), { ...none, number: () => place })(requestOf());
    expect(at(0.01, 0.000_099)).toBe('candidate');
    expect(at(0.01, 0.0001)).toBe('stable');
    expect(at(0.29, 0.002_899)).toBe('candidate');
    expect(at(0.29, 0.0029)).toBe('stable');
    expect(at(99.99, 0.999_899)).toBe('candidate');
    expect(at(99.99, 0.9999)).toBe('stable');
  });
});

describe('a user', () => {
  const growing = [0, 0.01, 1, 10, 25, 50, 99.99, 100];

  test('who has the candidate keeps it while its share grows', () => {
    const had = new Set<number>();
    const lost: number[] = [];
    for (const percentage of growing) {
      const choose = createChooseVersion(settingsOf({ percentage, sticky: { by: 'client' } }), none);
      let index = 0;
      for (const request of manyUsers(20_000)) {
        const isCandidate = choose(request) === 'candidate';
        if (had.has(index) && !isCandidate) lost.push(index);
        if (isCandidate) had.add(index);
        index++;
      }
    }
    expect(lost).toEqual([]);
    expect(had.size).toBe(20_000);
  });

  test('falls into the same bucket on every node and after every restart', () => {
    // Fixed once and for all: another hash would move users in the middle of a deployment.
    const choose = createChooseVersion(settingsOf({ percentage: 50, sticky: { by: 'header', name: 'X-User' } }), none);
    const versions = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi'].map((name) =>
      choose(requestOf(`X-User: ${name}`)),
    );
    expect(versions.map((version) => version[0]).join('')).toMatchInlineSnapshot(`"sssssccc"`);
  });

  test('has other luck with another deployment', () => {
    const both = ['d-1', 'd-2'].map((deploymentId) =>
      createChooseVersion(settingsOf({ deploymentId, percentage: 10, sticky: { by: 'client' } }), none),
    );
    const lucky = [...manyUsers(100_000)].filter((request) => both.every((choose) => choose(request) === 'candidate'));
    // A tenth of a tenth, not the same tenth again.
    expect(Math.abs(lucky.length - 1000)).toBeLessThan(200);
  });

  test('is known by a header, whatever its case, and else by the address', () => {
    const keep = { percentage: 50, sticky: { by: 'header', name: 'X-User' } };
    const choose = createChooseVersion(settingsOf(keep), none);
    const byAddress = createChooseVersion(settingsOf({ percentage: 50, sticky: { by: 'client' } }), none);
    for (let index = 0; index < 100; index++) {
      const one = choose(requestOf(`X-User: ${index}`));
      expect(choose({ ...requestOf(`x-user: ${index}`), clientAddress: '192.0.2.99' })).toBe(one);
    }
    for (const request of manyUsers(100)) expect(choose(request)).toBe(byAddress(request));
  });

  test('is the consumer, or the subject with its authority, whatever is sent, on a route with authentication', () => {
    const choose = createChooseVersion(settingsOf({ percentage: 50, sticky: { by: 'consumer' } }), none, true);
    const asSent = (identity: Partial<Identity> | undefined, line: string): VersionRequest => ({
      ...requestOf(line),
      finding: {
        authenticator: 'a',
        method: identity === undefined ? -1 : 0,
        outcome: identity && { identity: { ...nobody, ...identity } },
      },
    });
    const versions = new Set<string>();
    for (let index = 0; index < 100; index++) {
      expect(choose(requestOf(`X-API-Key: ${index}`))).toBe('identify');
      const consumer = choose(asSent({ consumerId: `c-${index}`, subject: 'a' }, `X-API-Key: ${index}`));
      expect(choose(asSent({ consumerId: `c-${index}`, subject: 'b', method: 'jwt' }, 'Cookie: a=b'))).toBe(consumer);
      const subject = choose(asSent({ authority: 'one', subject: `s-${index}` }, `Authorization: Bearer ${index}`));
      expect(choose(asSent({ authority: 'one', subject: `s-${index}` }, 'Authorization: Bearer x'))).toBe(subject);
      versions.add(`${subject} ${choose(asSent({ authority: 'two', subject: `s-${index}` }, 'Cookie: a=b'))}`);
      // An anonymous request is known by its address.
      expect(choose(asSent(undefined, `Authorization: Bearer ${index}`))).toBe(
        choose(asSent(undefined, 'Cookie: a=b')),
      );
    }
    expect(versions).toHaveLength(4);
  });

  test('whom the methods of the stable version answer, such as with a login, stays there', () => {
    const choose = createChooseVersion(settingsOf({ percentage: 99.99, sticky: { by: 'consumer' } }), none, true);
    const outcome = { answer: { status: 302 } };
    const finding = { authenticator: 'a', method: 0, outcome };
    for (const request of manyUsers(100)) expect(choose({ ...request, finding })).toBe('stable');
  });

  test('is known by the credentials on a route without authentication: Authorization, else X-API-Key, else the address', () => {
    const choose = createChooseVersion(settingsOf({ percentage: 50, sticky: { by: 'consumer' } }), none);
    for (let index = 0; index < 100; index++) {
      const bearer = choose(requestOf(`Authorization: Bearer ${index}`));
      expect(choose(requestOf(`Authorization: Bearer ${index}`, `X-API-Key: other-${index}`))).toBe(bearer);
      const key = choose(requestOf(`X-API-Key: ${index}`));
      expect(choose({ ...requestOf(`X-API-Key: ${index}`), clientAddress: '192.0.2.99' })).toBe(key);
    }
  });

  test('without the cookie gets a name, and is known by it from then on', () => {
    let made = 0;
    const chance = { ...none, userName: () => `name-${made++}` };
    const choose = createChooseVersion(settingsOf({ percentage: 50, sticky: { by: 'cookie' } }), chance);
    for (let index = 0; index < 100; index++) {
      const first = requestOf();
      const version = choose(first);
      expect(first.newUser).toBe(`name-${index}`);
      const second = requestOf(`Cookie: a=b; sluice-user=${first.newUser}`);
      expect(choose(second)).toBe(version);
      expect(second.newUser).toBeUndefined();
    }
    expect(made).toBe(100);
  });

  test('with an empty cookie gets a name as well', () => {
    const choose = createChooseVersion(settingsOf({ sticky: { by: 'cookie', name: 'who' } }));
    const request = requestOf('Cookie: who=');
    choose(request);
    expect(request.newUser).toMatch(/^[\w-]{20}$/);
  });
});

describe('testers', () => {
  const testers = [
    { header: 'X-Canary', value: 'yes' },
    { header: 'X-Any', value: '*' },
    { cookie: 'canary', value: 'on' },
    { cookie: 'any', value: '*' },
  ];

  test.each([
    ['X-Canary: yes', 'candidate'],
    ['x-canary: yes', 'candidate'],
    ['X-Canary: Yes', 'stable'],
    ['X-Canary: no', 'stable'],
    ['X-Any:', 'candidate'],
    ['X-Any: thing', 'candidate'],
    ['Cookie: canary=on', 'candidate'],
    ['Cookie: a=b; canary=on', 'candidate'],
    ['Cookie: canary=off', 'stable'],
    ['Cookie: any=thing', 'candidate'],
    ['Cookie: many=thing', 'stable'],
    ['X-Other: yes', 'stable'],
  ])('are told by what they send: %s is for the %s version', (line, version) => {
    expect(createChooseVersion(settingsOf({ percentage: 0, testers }), none)(requestOf(line))).toBe(version);
  });

  test('may repeat the header', () => {
    const choose = createChooseVersion(settingsOf({ percentage: 0, testers }), none);
    expect(choose(requestOf('X-Canary: no', 'X-Canary: yes'))).toBe('candidate');
  });

  test('come before the share and before the name: none is given to them', () => {
    const choose = createChooseVersion(settingsOf({ percentage: 1, testers, sticky: { by: 'cookie' } }), none);
    expect(choose(requestOf('X-Canary: yes'))).toBe('candidate');
  });

  test('and a share of others go together', () => {
    const settings = settingsOf({ percentage: 1, testers, sticky: { by: 'client' } });
    const share = shareOf(settings, manyUsers(100_000), none);
    expect(Math.abs(share - 1)).toBeLessThan(0.2);
  });
});

describe('a request of the gateway itself', () => {
  const warm = { probeToken: 'sixteen-letters-or-more' };

  test('is known by its token, and comes before all else', () => {
    const choose = createChooseVersion(settingsOf({ percentage: 0, warm }), none);
    expect(choose(requestOf('Sluice-Probe: sixteen-letters-or-more'))).toBe('probe');
    expect(choose(requestOf('Sluice-Probe: sixteen-letters-or-less'))).toBe('stable');
    expect(choose(requestOf('Sluice-Probe:'))).toBe('stable');
  });

  test('does not exist without warming up', () => {
    expect(createChooseVersion(settingsOf({ percentage: 0 }), none)(requestOf('Sluice-Probe: undefined'))).toBe(
      'stable',
    );
  });
});
