import type { FollowedRequests } from '@sluice/model';
import { isFollowed } from '@sluice/model/is-followed';
import { expect, test } from 'vitest';
import type { AccessLogEntry } from './access-log-entry.ts';
import { RequestTail } from './request-tail.ts';

const entry: AccessLogEntry = {
  method: 'GET',
  path: '/a',
  query: 'x=1',
  protocol: 'HTTP/1.1',
  host: 'shop.example',
  status: 503,
  route: 'orders',
  durationMs: 12.34567,
  bytesSent: 7,
  attempts: 1,
  client: '192.0.2.1',
  requestId: 'r',
  revision: 3,
  headers: ['text'],
};

test('requests are told of in batches; what is too much at a time is counted', () => {
  const told: FollowedRequests[] = [];
  const tail = new RequestTail(
    [{ status: '5xx' }, { route: 'other' }],
    (news) => told.push(news),
    () => 0,
  );
  tail.take({ ...entry, status: 200 });
  tail.flush();
  expect(told).toEqual([]);
  for (let turn = 0; turn < 205; turn++) tail.take(entry);
  tail.flush();
  expect([told.length, told[0].requests.length, told[0].dropped]).toEqual([1, 200, 5]);
  const { query: _query, headers: _headers, protocol: _protocol, ...rest } = entry;
  expect(told[0].requests[0]).toEqual({ ...rest, time: '1970-01-01T00:00:00.000Z', durationMs: 12.346 });
  tail.take(entry);
  tail.flush();
  expect([told.length, told[1].dropped]).toEqual([2, 0]);
});

test.each([
  [{}, true],
  [{ route: 'orders', method: 'GET', status: '503' }, true],
  [{ status: '5xx', slowerThanMs: 12 }, true],
  [{ status: '404' }, false],
  [{ status: '4xx' }, false],
  [{ slowerThanMs: 13 }, false],
  [{ method: 'POST' }, false],
  [{ route: 'other' }, false],
  [{ backend: 'a' }, false],
  [{ traceId: 'r' }, false],
])('the filter %j: %s', (filter, expected) => {
  expect(isFollowed(filter, entry)).toBe(expected);
});
