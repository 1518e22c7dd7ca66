import { expect, test } from 'vitest';
import { parseRoute } from '../../check/parse-route.ts';

const problemsOf = (authentication: unknown) => {
  const backends = [{ name: 'b', url: 'http://192.0.2.1' }];
  const read = parseRoute({ name: 'r', backends, authentication }, { backends: () => undefined });
  return read.ok ? [] : read.problems.map(({ path, message }) => `${path.join('.')}: ${message}`);
};
const methods = [{ type: 'apiKey' }];

test('authentication has its defaults', () => {
  const read = parseRoute(
    { name: 'r', backends: [{ name: 'b', url: 'http://192.0.2.1' }], authentication: { methods } },
    { backends: () => undefined },
  );
  expect(read.ok && read.route.authentication).toEqual({ methods, anonymous: false, forward: { claims: {} } });
});

test.each([
  [{}, /^authentication\.methods: /],
  [{ methods: [] }, /^authentication\.methods: .*at least one method/],
  [{ methods: [{ type: 'apikey' }] }, /^authentication\.methods\.0\.type: .*apiKey/],
  [{ methods: [{ type: 'apiKey', heder: 'X' }] }, /^authentication\.methods\.0/],
  [{ methods: [{ type: 'apiKey', header: 'Content-Length' }] }, /^authentication\.methods\.0\.header: /],
  [{ methods, anonymus: true }, /^authentication/],
  [
    { methods, forward: { subject: 'X-Forwarded-For' } },
    /^authentication\.forward\.subject: .*writes this header itself/,
  ],
  [{ methods, forward: { subject: 'Connection' } }, /^authentication\.forward\.subject: /],
  [{ methods, forward: { claims: { email: 'Content-Type' } } }, /^authentication\.forward\.claims\.email: /],
  [{ methods, forward: { subject: 'X-Who', tier: 'x_who' } }, /^authentication\.forward\.tier: .*named twice/],
])('%j is refused at its place', (authentication, problem) => {
  expect(problemsOf(authentication)).toEqual([expect.stringMatching(problem)]);
});
