import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { freePort } from '@sluice/service/testing';
import { askControl } from './ask-control.ts';
import { checkInput } from './testing/check-input.ts';

const { node } = checkInput().config;
let server: Server | undefined;

async function serve(date: string | undefined): Promise<string> {
  server = createServer((request, response) => {
    response.sendDate = false;
    if (date !== undefined) response.setHeader('date', date);
    response.writeHead(request.url === '/live' ? 200 : 404).end('{}');
  }).listen(await freePort(), '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  server?.close();
  server = undefined;
});

test('resolves with the time of the answer', async () => {
  const time = Date.UTC(2031, 4, 5, 6, 7, 8);
  expect(await askControl(await serve(new Date(time).toUTCString()), node)).toBe(time);
});

test('says when the answer has no time, and when nobody is there', async () => {
  const url = await serve(undefined);
  await expect(askControl(url, node)).rejects.toThrow('the answer has no date');
  server?.close();
  await expect(askControl(url, node)).rejects.toThrow('ECONNREFUSED');
});

test('names the file of an authority that is missing', async () => {
  const url = await serve(undefined);
  await expect(askControl(url, { ...node, caFile: 'no-such-ca.pem' })).rejects.toThrow('no-such-ca.pem');
});
