import { describe, expect, test, vi } from 'vitest';
import type { AuthenticationOutcome, Identity, PolicyAnswer } from '../policy.ts';
import { recordedRequest } from '../testing/recorded-request.ts';
import { authentication } from './authentication.ts';
import { Authenticator } from './authenticator.ts';
import { bearerChallenge, challengeOf } from './challenge.ts';
import type { AuthenticationMethod } from './method.ts';

const alice: Identity = { method: 'a', subject: 'alice', scopes: [], roles: [], permissions: [], claims: {} };

/** A method that says this of every request. */
function methodThat(
  says: AuthenticationOutcome | undefined | Promise<AuthenticationOutcome | undefined>,
  type = 'a',
): AuthenticationMethod & { asked: number } {
  return {
    type: type as AuthenticationMethod['type'],
    asked: 0,
    identify() {
      this.asked++;
      return says;
    },
    explain: () => says,
    challenge: (refused) => (type === 'silent' ? undefined : `${type} ${refused ?? 'please'}`),
  };
}

/** What the policy with these methods makes of a request. */
async function judged(methods: readonly AuthenticationMethod[], { anonymous = false } = {}) {
  const request = recordedRequest();
  const policy = authentication(new Authenticator('k', methods), anonymous);
  const answer = (await policy.onRequest?.(request)) ?? undefined;
  return { answer, identity: request.identity };
}

const codeOf = (answer: PolicyAnswer | undefined) =>
  answer !== undefined && 'error' in answer ? answer.error : answer;
const challengesOf = (answer: PolicyAnswer | undefined) => answer?.headers?.map(([name, value]) => `${name}: ${value}`);

describe.each([
  ['at once', (says: AuthenticationOutcome | undefined) => says],
  ['after a while', (says: AuthenticationOutcome | undefined) => Promise.resolve(says)],
])('with methods that answer %s', (_when, when) => {
  test('the first whose credentials are present decides', async () => {
    const after = methodThat({ refused: 'bad' });
    expect(await judged([methodThat(when(undefined)), methodThat(when({ identity: alice })), after])).toEqual({
      answer: undefined,
      identity: alice,
    });
    expect(after.asked).toBe(0);
  });

  test.each([true, false])('bad credentials are refused, whatever follows (anonymous: %s)', async (anonymous) => {
    const good = methodThat({ identity: alice }, 'b');
    const { answer, identity } = await judged([methodThat(when({ refused: 'bad' })), good], { anonymous });
    expect(answer).toMatchObject({ error: 'UNAUTHORIZED', reason: 'a: bad' });
    expect(challengesOf(answer)).toEqual(['WWW-Authenticate: a bad', 'WWW-Authenticate: b please']);
    expect([identity, good.asked]).toEqual([undefined, 0]);
  });

  test.each([
    ['same', undefined, alice],
    ['anywhere', undefined, alice],
    ['other', 'UNAUTHORIZED', undefined],
    [undefined, 'UNAUTHORIZED', undefined],
  ])(
    'what one method declines is for those of the same place, and none at %s may let it pass',
    async (place, code, who) => {
      const declines = { ...methodThat(undefined), place: 'same', identify: () => ({ declined: 'foreign' }) };
      const next = { ...methodThat(when({ identity: alice }), 'b'), place };
      const { answer, identity } = await judged([declines, next], { anonymous: true });
      expect([codeOf(answer), identity]).toEqual([code, who]);
    },
  );

  test('without credentials there is 401, with a challenge for each method that has one', async () => {
    const methods = ['a', 'silent', 'a', 'b'].map((type) => methodThat(when(undefined), type));
    const { answer } = await judged(methods);
    expect(answer).toMatchObject({ error: 'UNAUTHORIZED', reason: 'no credentials' });
    expect(challengesOf(answer)).toEqual(['WWW-Authenticate: a please', 'WWW-Authenticate: b please']);
  });

  test('without credentials an anonymous request passes where that is allowed, without an identity', async () => {
    expect(await judged([methodThat(when(undefined))], { anonymous: true })).toEqual({
      answer: undefined,
      identity: undefined,
    });
  });

  test.each([true, false])('a helper that is away lets nobody through (anonymous: %s)', async (anonymous) => {
    const { answer, identity } = await judged(
      [methodThat(when({ unavailable: 'away' })), methodThat({ identity: alice })],
      {
        anonymous,
      },
    );
    expect([codeOf(answer), identity]).toEqual(['AUTHENTICATION_UNAVAILABLE', undefined]);
  });

  test('a method may answer itself', async () => {
    const answer = { status: 302, headers: [['Location', '/login']] } as const;
    expect((await judged([methodThat(when({ answer }))])).answer).toBe(answer);
  });
});

test('a method that never answers is unavailable after 15 seconds', async () => {
  vi.useFakeTimers();
  const waiting = judged([methodThat(new Promise(() => {}))]);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(codeOf((await waiting).answer)).toBe('AUTHENTICATION_UNAVAILABLE');
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test('a method that fails lets nobody through', async () => {
  await expect(judged([methodThat(Promise.reject(new Error('a bug')))], { anonymous: true })).rejects.toThrow('a bug');
});

test('what was found out before is not found out again, if it was by the same methods', async () => {
  const method = methodThat(undefined);
  const policy = authentication(new Authenticator('k', [method]), false);
  const finding = { method: 0, outcome: { identity: alice } };
  const known = recordedRequest({ finding: { ...finding, authenticator: 'k' } });
  expect(policy.onRequest?.(known)).toBeUndefined();
  expect([known.identity, method.asked]).toEqual([alice, 0]);
  const others = recordedRequest({ finding: { ...finding, authenticator: 'other' } });
  expect(policy.onRequest?.(others)).toMatchObject({ error: 'UNAUTHORIZED' });
  expect(method.asked).toBe(1);
});

test('challenges hold nothing that could end them', () => {
  expect(challengeOf('Basic', { charset: 'UTF-8' })).toBe('Basic realm="api", charset="UTF-8"');
  expect(bearerChallenge(undefined)).toBe('Bearer realm="api"');
  expect(bearerChallenge('a "b" \\ é\r\nX: y')).toBe(
    `Bearer realm="api", error="invalid_token", error_description="a 'b' ' '''X: y"`,
  );
});

describe('a method that invites', () => {
  const answer = { status: 302, headers: [['Location', '/login']] } as const;
  const inviting = (says: PolicyAnswer | undefined) => ({
    ...methodThat(undefined, 'oidc'),
    invite: () => Promise.resolve(says),
  });

  test('answers a request in which no method found credentials', async () => {
    expect((await judged([inviting(undefined), methodThat(undefined), inviting(answer)])).answer).toBe(answer);
    expect((await judged([inviting(answer), methodThat({ identity: alice })])).identity).toEqual(alice);
    expect(codeOf((await judged([inviting(undefined)])).answer)).toBe('UNAUTHORIZED');
  });

  test('is not asked where anonymous requests pass', async () => {
    expect(await judged([inviting(answer)], { anonymous: true })).toEqual({ answer: undefined, identity: undefined });
  });
});

test('a request may pass though nobody is known to have sent it', async () => {
  expect(await judged([methodThat({ passes: true })])).toEqual({ answer: undefined, identity: undefined });
});

test('every outcome is counted by the method that decided', async () => {
  const outcomes: (AuthenticationOutcome | undefined)[] = [
    { identity: alice },
    { refused: 'bad' },
    { unavailable: 'away' },
    { answer: { status: 302 } },
    { passes: true },
    undefined,
  ];
  const counted: string[] = [];
  for (const anonymous of [false, true]) {
    for (const says of outcomes) {
      const methods = [methodThat(undefined, 'basic'), methodThat(says, 'apiKey')];
      const policy = authentication(new Authenticator('k', methods), anonymous, (outcome) => counted.push(outcome));
      await policy.onRequest?.(recordedRequest());
    }
  }
  const decided = [
    'apiKey identified',
    'apiKey refused',
    'apiKey unavailable',
    'apiKey answered',
    'apiKey let_through',
  ];
  expect(counted).toEqual([...decided, 'authentication missing', ...decided, 'authentication anonymous']);
});
