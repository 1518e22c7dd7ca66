import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { SluiceServer } from '../peers/sluice.ts';
import { measureFileChange } from './file-change.ts';
import { measureSwaps } from './swaps.ts';

type Respond = (response: ServerResponse, generation: number, count: number) => void;

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

const configWith: SluiceServer['configWith'] = ({ generation }) => String(generation);

/** Stands for a gateway: its whole configuration is a number in a file, and it reads that for each request. */
async function fakeGateway(respond: Respond): Promise<SluiceServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-swaps-'));
  const configFile = join(folder, 'config');
  writeFileSync(configFile, '0');
  let count = 0;
  let last = 0;
  const server = createServer((_request, response) => {
    const text = readFileSync(configFile, 'utf8'); // empty while it is being written in place
    last = text === '' ? last : Number(text);
    respond(response, last, (count += 1));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  const { port } = server.address() as AddressInfo;
  return { name: 'fake', pid: process.pid, port, managementPort: 0, configFile, configWith, stop: async () => {} };
}

function answer(
  response: ServerResponse,
  generation: number,
  body = generation % 2 === 0 ? 'even side' : 'odd side',
): void {
  response.writeHead(200, { 'x-bench-generation': generation, 'content-length': body.length }).end(body);
}

test('a gateway that swaps cleanly shows nothing wrong and nothing dropped', async () => {
  const gateway = await fakeGateway((response, generation) => answer(response, generation));
  const swaps = await measureSwaps(gateway, 10);
  expect(swaps).toMatchObject({ swaps: 10, wrong: 0, dropped: 0, examples: [] });
  expect(swaps.requests).toBeGreaterThanOrEqual(32);
});

test('an answer put together from two configurations is counted as wrong', async () => {
  const served = new Set<unknown>();
  const gateway = await fakeGateway((response, generation) => {
    const isFirst = !served.has(response.socket);
    served.add(response.socket);
    answer(response, generation, isFirst ? 'mixed' : undefined);
  });
  const { wrong, dropped, examples } = await measureSwaps(gateway, 3);
  // One for each client, however many requests it has made by the end.
  expect({ wrong, dropped }).toEqual({ wrong: 32, dropped: 0 });
  expect(examples).toContainEqual(expect.stringContaining('mixed'));
});

test('a step back to an older configuration is counted as wrong', async () => {
  const atFive = new Set<unknown>();
  const steppedBack = new Set<unknown>();
  const gateway = await fakeGateway((response, generation) => {
    const { socket } = response;
    if (atFive.has(socket) && !steppedBack.has(socket)) {
      steppedBack.add(socket);
      return answer(response, 3);
    }
    // Goes on after five connections have stepped back: no more than four are the watch's, which does not look.
    const shown = steppedBack.size < 5 ? Math.min(generation, 5) : generation;
    if (shown === 5) atFive.add(socket);
    answer(response, shown);
  });
  expect((await measureSwaps(gateway, 8)).wrong).toBeGreaterThan(0);
});

test('a connection broken under a request is counted as dropped', async () => {
  const gateway = await fakeGateway((response, generation, count) => {
    // The clients connect before the watch does.
    if (count === 1) response.destroy();
    else answer(response, generation);
  });
  expect(await measureSwaps(gateway, 20)).toMatchObject({ wrong: 0, dropped: 1 });
});

test('the time of a change runs until every connection has seen it', async () => {
  const gateway = await fakeGateway((response, generation) => answer(response, generation));
  const change = await measureFileChange(gateway, 1, 4);
  expect(change).toMatchObject({ routes: 1, changes: 4 });
  expect(change.medianMs).toBeGreaterThan(0);
  expect(change.maxMs).toBeGreaterThanOrEqual(change.medianMs);
});
