import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { styleFor } from '../terminal/style.ts';
import { untilSignal } from '../terminal/until-signal.ts';
import { requestLine } from './request-line.ts';

const plain = styleFor({ write: () => {} }, {});
const request = {
  time: '2026-06-01T12:00:00.123Z',
  method: 'GET',
  path: '/orders/7',
  host: 'shop.example',
  status: 502,
  error: 'BAD_GATEWAY',
  reason: 'connecting failed: ECONNREFUSED\u001B[2J',
  route: 'orders',
  version: 'candidate' as const,
  backend: 'a',
  durationMs: 12.34,
  bytesSent: 100,
  attempts: 2,
  client: '192.0.2.1',
  requestId: 'r-1',
  revision: 3,
};

test('a request is one line, and what came from outside steers no terminal', () => {
  expect(requestLine(request, plain)).toBe(
    '12:00:00.123  502  GET shop.example/orders/7  orders > candidate > a  12 ms, 2 attempts  192.0.2.1  ' +
      'BAD_GATEWAY: connecting failed: ECONNREFUSED\\u001b[2J',
  );
  const { error: _error, reason: _reason, route: _route, version: _version, backend: _backend, ...rest } = request;
  expect(requestLine({ ...rest, status: 404, attempts: 0 }, plain)).toBe(
    '12:00:00.123  404  GET shop.example/orders/7  no route  12 ms  192.0.2.1',
  );
});

test('a signal ends the work with its exit code, and is let go of afterwards', () => {
  const signals = new EventEmitter();
  const until = untilSignal(signals);
  expect([until.signal.aborted, until.exitCode]).toEqual([false, 0]);
  signals.emit('SIGINT', 'SIGINT');
  expect([until.signal.aborted, until.exitCode]).toEqual([true, 130]);
  until.close();
  expect(signals.listenerCount('SIGINT')).toBe(0);
});
