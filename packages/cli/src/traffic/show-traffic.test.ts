import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { CommandFailure } from '../command/command.ts';
import { styleFor } from '../terminal/style.ts';
import { showTraffic } from './show-traffic.ts';
import { trafficLines, trafficRecord } from './traffic-table.ts';
import type { Traffic } from './traffic-table.ts';

const traffic: Traffic = {
  timestamp: '2026-06-01T12:00:00.000Z',
  revision: 3,
  nodes: 2,
  load: { requestsPerSecond: 120.4, activeRequests: 7, activeConnections: 9, cpu: 0.52, memoryBytes: 1 },
  latency: { p50: 1.2, p95: 30, p99: 1500 },
  routes: [
    { routeId: 'orders', requestsPerSecond: 100, failuresPerSecond: 1, p50: 1, p95: 20, p99: 40 },
    { routeId: 'search', requestsPerSecond: 20.4, failuresPerSecond: 5, p50: 10, p95: 200, p99: 1500 },
  ],
  backends: [
    { backendId: 'orders~a', requestsPerSecond: 100, failuresPerSecond: 1, activeRequests: 5, healthStatus: 'Healthy' },
  ],
};
const style = styleFor({ write: () => {} }, {});
const size = { style, width: 100, height: 20 };

test('the busiest come first, by what they are sorted by', () => {
  expect(trafficLines(traffic, { ...size, order: 'requests' })).toEqual([
    '120 requests/s · 7 active · p50 1.2 ms, p95 30 ms, p99 1.5 s · 0.5 CPU · 2 nodes, revision 3',
    '',
    'ROUTE   REQ/S  ERRORS  P50     P95     P99',
    'orders  100    1.0 %   1.0 ms  20 ms   40 ms',
    'search  20     25 %    10 ms   200 ms  1.5 s',
    '',
    'BACKEND   REQ/S  ERRORS  ACTIVE  HEALTH',
    'orders~a  100    1.0 %   5       Healthy',
  ]);
  for (const order of ['errors', 'latency'] as const)
    expect(trafficLines(traffic, { ...size, order })[3]).toMatch(/^search /);
  expect(trafficRecord(traffic, 'requests')).toHaveLength(4);
});

test('a low terminal gets as many rows as fit', () => {
  const routes = Array.from({ length: 50 }, (_, at) => ({ ...traffic.routes[0], routeId: `r${at}` }));
  const backends = Array.from({ length: 50 }, (_, at) => ({ ...traffic.backends[0], backendId: `b${at}` }));
  for (const height of [9, 12, 24]) {
    const lines = trafficLines({ ...traffic, routes, backends }, { ...size, height, order: 'requests' });
    expect(lines.length).toBeLessThanOrEqual(height);
    expect(lines.some((line) => line.startsWith('r0 '))).toBe(true);
    expect(lines.some((line) => line.startsWith('b0 '))).toBe(true);
  }
});

/** Shows so many looks on a terminal or a pipe, the second of which fails; and says what was written. */
async function shown(isTTY: boolean, looks: number, json = false) {
  const written: string[] = [];
  const stdout = Object.assign(new EventEmitter(), {
    isTTY,
    columns: 90,
    rows: 24,
    write: (text: string) => written.push(text),
  });
  const said: string[] = [];
  const over = new AbortController();
  let count = 0;
  await showTraffic({
    read: () => (++count === 2 ? Promise.reject(new CommandFailure('control is away')) : Promise.resolve(traffic)),
    order: 'requests',
    json,
    context: { stdout, stderr: { write: (text) => said.push(text) }, env: { TERM: 'xterm', NO_COLOR: '1' } },
    signal: over.signal,
    next() {
      if (count === 1) stdout.emit('resize');
      if (count === looks) over.abort();
      return Promise.resolve();
    },
  });
  expect(stdout.listenerCount('resize')).toBe(0);
  return { text: written.join(''), said };
}

test('a terminal is drawn in place, again at another size, and left as it was; a failed look is said below', async () => {
  const { text } = await shown(true, 3);
  expect(text.startsWith('\u001B[?25l')).toBe(true);
  expect(text.endsWith('\u001B[?25h')).toBe(true);
  expect(text.match(/120 requests\/s/g)).toHaveLength(4);
  expect(text).toContain('control is away');
});

test('a pipe gets plain lines, or JSON, and a failed look does not end it', async () => {
  const plain = await shown(false, 3);
  expect(plain.text).not.toContain('\u001B');
  expect(plain.text.split('\n')).toHaveLength(9);
  expect(plain.said).toEqual(['control is away\n']);
  const json = await shown(false, 3, true);
  expect(
    json.text
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line)),
  ).toEqual([traffic, traffic]);
});
