import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectRaw, startScriptedOrigin, until, valuesOf } from './index.ts';
import type { ScriptedOrigin } from './index.ts';

let origin: ScriptedOrigin;
beforeEach(async () => {
  origin = await startScriptedOrigin();
});
afterEach(() => origin.close());

const get = 'GET /a HTTP/1.1\r\nHost: a\r\nX-Case: Kept\r\n\r\n';

test('client and origin talk, and the origin keeps what it received as it was', async () => {
  const client = await connectRaw(origin.port);
  client.send(get);
  const response = await client.response();
  expect(response).toMatchObject({ status: 200, framing: 'length', complete: true });
  expect(response.body.toString()).toBe('ok');
  expect(origin.requests).toMatchObject([
    { line: 'GET /a HTTP/1.1', lines: ['Host: a', 'X-Case: Kept'], connection: 1 },
  ]);
  expect(valuesOf(origin.requests[0].lines, 'x-case')).toEqual(['Kept']);
  client.close();
});

test('a request in pieces with a chunked body and trailers is read whole', async () => {
  const client = await connectRaw(origin.port);
  for (const piece of [
    'POST / HTTP/1.1\r\nTransfer-',
    'Encoding: chunked\r\n\r\n3\r\nab',
    'c\r\n0\r\nX-T: 1\r\n\r\n',
  ]) {
    client.send(piece);
  }
  await client.response();
  expect(origin.requests).toMatchObject([{ framing: 'chunked', trailers: ['X-T: 1'], complete: true }]);
  expect(origin.requests[0].body.toString()).toBe('abc');
  client.close();
});

test('scripts answer one request after another, interim responses are kept apart', async () => {
  origin.script(['HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n', 'HTTP/1.1 204 No Content\r\n\r\n'], [{ end: 'close' }]);
  const client = await connectRaw(origin.port);
  client.send(get);
  expect(await client.response()).toMatchObject({ status: 204, interim: [{ status: 103, lines: ['Link: x'] }] });
  client.send(get);
  expect(await client.closed()).toBe('');
  expect(origin.connections).toBe(1);
  client.close();
});

test('an answer before the end of the body, and an incomplete request, are seen as such', async () => {
  origin.script([{ after: 'head' }, 'HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n']);
  const client = await connectRaw(origin.port);
  client.send('POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nsome');
  expect((await client.response()).status).toBe(413);
  expect(origin.requests[0].complete).toBe(false);
  client.close();
});

test.each([
  ['a bare LF', 'HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n'],
  ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['a space before the colon', 'HTTP/1.1 200 OK\r\nA : b\r\n\r\n'],
])('the client refuses a response with %s', async (_, bytes) => {
  origin.script([bytes]);
  const client = await connectRaw(origin.port);
  client.send(get);
  await expect(client.response()).rejects.toThrow(/on the wire|contradictory/);
  client.close();
});

test('a response cut off in the middle is told from a whole one', async () => {
  origin.script(['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok', { end: 'close' }]);
  const client = await connectRaw(origin.port);
  client.send(get);
  expect(await client.response()).toMatchObject({ complete: false });
  client.close();
});

test('a wait that fails tells what came until then', async () => {
  origin.script(['HTTP/1.1 100 Continue\r\n\r\n']);
  const client = await connectRaw(origin.port, { timeout: 50 });
  client.send(get);
  await until('the interim response', () => client.received.includes('100 Continue'));
  await expect(client.response()).rejects.toThrow(/not within 50 ms.*100 Continue/);
  client.close();
});
