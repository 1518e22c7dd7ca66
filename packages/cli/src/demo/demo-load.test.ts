import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { styleFor } from '../terminal/style.ts';
import { startDemoLoad } from './demo-load.ts';
import type { LoadCounts } from './demo-load.ts';
import { scenarios } from './scenarios.ts';
import { loadReport } from './load-report.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(answer: (request: IncomingMessage, count: number) => number): Promise<string> {
  let count = 0;
  server = createServer((request, response) => {
    const status = answer(request, ++count);
    if (status === 0) response.socket?.destroy();
    else response.writeHead(status, { 'x-served-by': status === 503 ? 'bad' : 'stable' }).end('x');
  });
  // A connection that the server closes just as it is used again would count as dropped.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/demo`;
}

test('requests go on at a pace, each as another user, and what becomes of them is counted', async () => {
  const seen: IncomingMessage[] = [];
  const url = await serve((request, count) => {
    seen.push(request);
    return count % 10 === 0 ? 0 : count % 4 === 0 ? 503 : count % 7 === 0 ? 429 : 200;
  });
  let drawn = 0;
  const random = () => (drawn++ * 0.37) % 1;
  const load = startDemoLoad({ url, perSecond: 500, random });
  await vi.waitFor(() => expect(load.counts.sent).toBeGreaterThan(100));
  await load.stop();
  await load.stop();
  const { sent, answeredBy, failedBy, dropped, refused, failedForTesters } = load.counts;
  expect(dropped).toBe(Math.floor(sent / 10));
  expect(answeredBy['stable'] + answeredBy['bad'] + dropped).toBe(sent);
  expect(failedBy).toEqual({ bad: answeredBy['bad'] });
  expect(refused).toBeGreaterThan(0);
  expect(refused).toBeLessThan(answeredBy['stable']);
  expect(failedForTesters).toBeLessThan(answeredBy['bad']);
  expect(seen.every(({ url: path }) => /^\/demo\/delay\/0\.0\d+$/.test(path ?? ''))).toBe(true);
  expect(new Set(seen.map(({ headers }) => headers['x-user'])).size).toBeGreaterThan(50);
  expect(seen.some(({ headers }) => headers['x-tester'] === 'yes')).toBe(true);
  // Nothing comes after the end.
  expect(seen).toHaveLength(sent);
});

const [canary, badCanary, tightLimit] = scenarios;
const style = styleFor({ write: () => true }, {});
const counts: LoadCounts = {
  sent: 12_047,
  answeredBy: { stable: 8712, candidate: 3335 },
  failedBy: {},
  refused: 0,
  failedForTesters: 0,
  dropped: 0,
  failingFor: 0,
};

test('a good version: nobody noticed', async () => {
  const text = loadReport(counts, { scenario: canary, isAsExpected: true, style });
  await expect(text).toMatchFileSnapshot('./golden/load-canary.txt');
});

test('a limit that is too tight: how many it refused', async () => {
  const limited = { ...counts, answeredBy: { stable: 1900, '': 57 }, refused: 57 };
  const text = loadReport(limited, { scenario: tightLimit, isAsExpected: true, style });
  await expect(text).toMatchFileSnapshot('./golden/load-tight-limit.txt');
});

test('a bad version: who saw it, and for how long', async () => {
  const bad = {
    ...counts,
    answeredBy: { stable: 1900, bad: 64 },
    failedBy: { bad: 5 },
    failedForTesters: 4,
    failingFor: 3310,
  };
  const text = loadReport(bad, { scenario: badCanary, isAsExpected: true, style });
  await expect(text).toMatchFileSnapshot('./golden/load-bad-canary.txt');
  const alone = loadReport({ ...bad, failedForTesters: 5 }, { scenario: badCanary, isAsExpected: false, style });
  expect(alone).toContain('testers alone');
  expect(alone).toContain('not ok  it should have ended as RolledBack');
});
