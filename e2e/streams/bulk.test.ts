import { createHash } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HttpBackend, type Sluice, rssOf, startHttpBackend, startSluice, watchRss } from '../kit/index.ts';

describe.each([
  ['auto', 64],
  // Public sockets read every 64 KiB into a buffer of its own, for the garbage collector: the same for 1 GiB and for 10.
  ['public', 192],
] as const)('%s transport', (transport, most) => {
  // 1 GiB in each test: about as long as the machine needs to move and hash it.
  const gibibyte = 1024 ** 3;
  const block = Buffer.alloc(65_536, 'sluice');
  let backend: HttpBackend;
  let sluice: Sluice;

  beforeAll(async () => {
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

  /** A gibibyte to whoever gets, and length and hash to whoever posts. A client that leaves early ends it. */
  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    if (incoming.method === 'GET') {
      response.setHeader('content-length', gibibyte);
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
    for (let sent = 0; sent < gibibyte; sent += block.length) yield block;
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

  function expectedHash(): string {
    const hash = createHash('sha256');
    for (const part of blocks()) hash.update(part);
    return hash.digest('hex');
  }

  test.each([
    ['with a length', { 'content-length': gibibyte }],
    ['in chunks', { 'transfer-encoding': 'chunked' }],
  ])('1 GiB is uploaded %s at flat memory', { timeout: 60_000 }, async (_, headers) => {
    const grown = await growth(async () => {
      const response = await transfer('POST', '/', {
        headers: headers,
        body: Readable.from(blocks()),
      });
      expect(JSON.parse(await bodyOf(response))).toMatchObject({ length: gibibyte, sha256: expectedHash() });
    });
    expect(grown).toBeLessThan(most);
  });

  test('1 GiB is downloaded at flat memory', { timeout: 60_000 }, async () => {
    const hash = createHash('sha256');
    const grown = await growth(async () => {
      const response = await transfer('GET', '/');
      let length = 0;
      for await (const chunk of response as AsyncIterable<Buffer>) {
        length += chunk.length;
        hash.update(chunk);
      }
      expect(length).toBe(gibibyte);
      expect(hash.digest('hex')).toBe(expectedHash());
    });
    expect(grown).toBeLessThan(most);
  });

  test('a download to a slow reader does not pile up', { timeout: 60_000 }, async () => {
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
});
