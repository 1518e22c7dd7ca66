import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { drawSent } from './draw-sent.ts';
import { sendRequest, traceOf } from './send-request.ts';

test('a request is sent as it was explained, with a trace by which it is found', async () => {
  const got: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    got.push(request);
    response.writeHead(203, { 'X-Gateway-Revision': '7', 'X-Gateway-Version': 'candidate' }).end('twelve bytes');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const headers = [
    { name: 'X-A', value: 'one' },
    { name: 'x-a', value: 'two' },
    { name: 'Host', value: 'shop.example' },
  ];
  const question = { method: 'DELETE', url: `http://${address}/a/../b%2fc?x=1`, headers };
  const trace = traceOf(question);
  const sent = await sendRequest(question, trace);
  server.close();
  expect(sent).toMatchObject({ status: 203, revision: '7', version: 'candidate', bytes: 12, traceId: trace.traceId });
  expect(sent.endedMs).toBeGreaterThanOrEqual(sent.answeredMs);
  expect(got.map(({ method, url }) => [method, url])).toEqual([['DELETE', '/a/../b%2fc?x=1']]);
  expect(got[0].headers).toMatchObject({ 'x-a': 'one, two', host: 'shop.example', traceparent: trace.traceparent });
  const failed = await sendRequest({ ...question, url: 'http://127.0.0.1:1/?key=secret' }, trace).catch(String);
  expect(failed).toContain('http://127.0.0.1:1 could not be asked: ');
  expect(failed).not.toContain('secret');
});

test('a trace that the request names stays its own', () => {
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  const url = 'http://shop.example/';
  expect(traceOf({ url, headers: [{ name: 'Traceparent', value: traceparent }] })).toEqual({
    traceId: 'a'.repeat(32),
    traceparent,
  });
  expect(traceOf({ url }).traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
});

test('what came of a request is drawn with what the gateway says, or that it says nothing', () => {
  const sent = { traceId: 't', status: 502, revision: '3', connectedMs: 1, answeredMs: 2, endedMs: 3, bytes: 4 };
  expect(drawSent({ sent, gateway: undefined })).toContain('it told nothing of the request');
  const gateway = {
    time: '2026-06-01T12:00:00.123Z',
    method: 'GET',
    path: '/',
    host: 'a',
    status: 502,
    error: 'BAD_GATEWAY',
    reason: 'reset',
    route: 'orders',
    backend: 'a',
    durationMs: 1.5,
    bytesSent: 4,
    attempts: 2,
    client: '192.0.2.1',
    requestId: 'r',
    revision: 3,
  };
  expect(drawSent({ sent, gateway })).toBe(
    'sent      502, revision 3, 4 bytes, trace t\n' +
      'times     connected after 1 ms, answer began after 2 ms, ended after 3 ms\n' +
      'gateway   route orders, backend a, attempts 2, 1.5 ms in the gateway; BAD_GATEWAY: reset\n',
  );
});
