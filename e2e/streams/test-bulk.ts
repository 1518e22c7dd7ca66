import { createHash } from 'node:crypto';
import { request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rssOf, startHttpBackend, startSluice, watchRss } from '../kit/index.ts';
import type { HttpBackend, Sluice } from '../kit/index.ts';

/** Declares that bodies pass at flat memory; how many MiB they have depends on those by which the gateway may grow. */
export function testBulk(mebibytesFor: (most: number) => number): void {
  describe.each([
    ['auto', 64],
    // Public sockets read every 64 KiB into a buffer of its own, for the garbage collector: the same for 1 GiB and for 10.
    ['public', 192],
  ] as const)('%s transport', (transport, most) => {
    testTransport(transport, { most, mebibytes: mebibytesFor(most) });
  });
}

interface Amounts {
  /** MiB by which the gateway may grow. */
  readonly most: number;
  readonly mebibytes: number;
}

function testTransport(transport: 'auto' | 'public', { most, mebibytes }: Amounts): void {
  const size = mebibytes * 1024 ** 2;
  const block = Buffer.alloc(65_536, 'sluice');
  let backend: HttpBackend;
  let sluice: Sluice;
  let expectedHash: string;

  beforeAll(async () => {
    const hash = createHash('sha256');
    for (const part of blocks()) hash.update(part);
    expectedHash = hash.digest('hex');
    backend = await startHttpBackend('backend');
    backend.answer = (incoming, response) => void serve(incoming, response);
    sluice = await startSluice({
      proxy: { transport, workers: 1 },
      routes: [{ name: 'all', backends: [{ name: 'backend', url: backend.url }] }],
    });
  });
  afterAll(async () => {
    await sluice.stop();
    await backend.close();
  });

  /** The bytes to whoever gets, and length and hash to whoever posts. A client that leaves early ends it. */
  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    if (incoming.method === 'GET') {
      response.setHeader('content-length', size);
      await pipeline(Readable.from(blocks()), response).catch(() => response.destroy());
      return;
    }
    const hash = createHash('sha256');
    let length = 0;
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      length += chunk.length;
      hash.update(chunk);
    }
    response.end(JSON.stringify({ length, sha256: hash.digest('hex') }));
  }

  /** Sends `body` and hands the response over; fails when either side breaks. */
  function transfer(
    method: string,
    path: string,
    { headers, body }: { headers?: Record<string, string | number>; body?: Readable } = {},
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: sluice.proxyPort, method, path, headers, agent: false }, resolve);
      sent.on('error', reject);
      if (body) pipeline(body, sent).catch(reject);
      else sent.end();
    });
  }

  function* blocks(): Generator<Buffer> {
    for (let sent = 0; sent < size; sent += block.length) yield block;
  }

  async function bodyOf(response: IncomingMessage): Promise<string> {
    let text = '';
    for await (const chunk of response as AsyncIterable<Buffer>) text += chunk.toString();
    return text;
  }

  /** Runs `move` and returns by how many MiB the gateway grew meanwhile. */
  async function growth(move: () => Promise<void>): Promise<number> {
    const before = rssOf(sluice.pid);
    const watch = watchRss(sluice.pid);
    await move().finally(() => watch.stop());
    return watch.stop() - before;
  }

  test.each([
    ['with a length', { 'content-length': size }],
    ['in chunks', { 'transfer-encoding': 'chunked' }],
  ])(`${mebibytes} MiB are uploaded %s at flat memory`, async (_, headers) => {
    const grown = await growth(async () => {
      const response = await transfer('POST', '/', {
        headers: headers,
        body: Readable.from(blocks()),
      });
      expect(JSON.parse(await bodyOf(response))).toMatchObject({ length: size, sha256: expectedHash });
    });
    expect(grown).toBeLessThan(most);
  });

  test(`${mebibytes} MiB are downloaded at flat memory`, async () => {
    const hash = createHash('sha256');
    const grown = await growth(async () => {
      const response = await transfer('GET', '/');
      let length = 0;
      for await (const chunk of response as AsyncIterable<Buffer>) {
        length += chunk.length;
        hash.update(chunk);
      }
      expect(length).toBe(size);
      expect(hash.digest('hex')).toBe(expectedHash);
    });
    expect(grown).toBeLessThan(most);
  });

  test('a download to a slow reader does not pile up', async () => {
    const grown = await growth(async () => {
      const response = await transfer('GET', '/');
      let length = 0;
      for await (const chunk of response as AsyncIterable<Buffer>) {
        length += chunk.length;
        if (length > 20_000_000) break;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      response.destroy();
    });
    expect(grown).toBeLessThan(most);
  });
}
