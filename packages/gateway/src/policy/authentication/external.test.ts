import { parseRoute } from '@sluice/model';
import type { ExternalMethodConfig } from '@sluice/model';
import { expect, test } from 'vitest';
import type { Question } from '../helper/send-question.ts';
import { recordedRequest } from '../testing/recorded-request.ts';
import { ExternalDecisions } from './external.ts';

function settings(given: object): ExternalMethodConfig {
  const methods = [{ type: 'external', url: 'http://127.0.0.1:9100/check', ...given }];
  const read = parseRoute(
    { name: 'r', backends: [{ name: 'b', url: 'http://192.0.2.1' }], authentication: { methods } },
    { backends: () => undefined },
  );
  if (!read.ok) throw new Error(JSON.stringify(read));
  return read.route.authentication?.methods[0] as ExternalMethodConfig;
}

test.each([
  ['sluice-session-1=x; theme=dark', 'theme=dark'],
  ['theme=dark', 'theme=dark'],
  ['__Host-sluice-session-1=x', undefined],
  [undefined, undefined],
])('of the cookies %s the server gets what is not a session of the gateway', async (sent, told) => {
  const questions: Question[] = [];
  const asked = new ExternalDecisions(settings({}), {
    helper: {
      ask: async (question) => {
        questions.push(question);
        return { status: 403, fields: () => [], body: Buffer.alloc(0) };
      },
    },
    now: () => 0,
  });
  await asked.outcomeOf(recordedRequest({ header: (name) => (name === 'cookie' ? sent : undefined) }));
  expect(questions.map(({ headers }) => headers['cookie'])).toEqual([told]);
});

/** Decisions of a server that always answers this, and what it was asked. */
function answering(status: number, headers: Readonly<Record<string, string>>) {
  const questions: Question[] = [];
  const helper = {
    ask: async (question: Question) => {
      questions.push(question);
      const fields = (name: string) => (headers[name] === undefined ? [] : [headers[name]]);
      return { status, fields, body: Buffer.from('no') };
    },
  };
  const decisions = new ExternalDecisions(settings({ cacheFor: '1m' }), { helper, now: () => 0 });
  return { questions, outcomeOf: () => decisions.outcomeOf(recordedRequest()) };
}

test('an answer is kept for requests that ask the same, unless it sets a cookie, which is for one browser', async () => {
  const plain = answering(403, {});
  const login = answering(302, { location: '/login', 'set-cookie': 'state=1' });
  for (const { outcomeOf } of [plain, plain, login, login]) await outcomeOf();
  expect([plain.questions.length, login.questions.length]).toEqual([1, 2]);
});

test('fields of a denial that cannot be in a head are left out', async () => {
  const { outcomeOf } = answering(403, { location: '/a\u0001', 'content-type': 'text/plain\u0001' });
  expect(await outcomeOf()).toMatchObject({
    answer: {
      headers: [
        ['Cache-Control', 'no-store'],
        ['Content-Type', 'application/octet-stream'],
      ],
    },
  });
});
