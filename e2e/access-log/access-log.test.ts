import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, connectRaw, freePort, startSluice, until } from '../kit/index.ts';
import type { Sluice } from '../kit/index.ts';

let folder: string;
let file: string;
let sluice: Sluice;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'access-log-'));
  file = join(folder, 'access.log');
  const nobody = await freePort();
  sluice = await startSluice({
    proxy: { workers: 2, accessLog: { sample: 1, file } },
    routes: [{ name: 'dead', backends: [{ name: 'gone', url: `http://127.0.0.1:${nobody}` }] }],
  });
});
afterAll(async () => {
  await sluice.stop();
  await rm(folder, { recursive: true });
});

/** The entries of a log with this path, once there are so many. */
async function entries(name: string, path: string, count: number): Promise<Record<string, unknown>[]> {
  let found: Record<string, unknown>[] = [];
  await until(`${count} entries of ${path}`, async () => {
    const text = await readFile(name, 'utf8').catch(() => '');
    const lines = text.split('\n').filter((line) => line !== '');
    found = lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter((entry) => entry.path === path);
    return found.length >= count;
  });
  return found;
}

test('a failure says what exactly failed, and leads from the answer to its line', async () => {
  const { status, headers } = await ask(sluice.proxyPort, '/broken');
  expect(status).toBe(502);
  const [entry] = await entries(file, '/broken', 1);
  expect(entry).toMatchObject({ error: 'BAD_GATEWAY', reason: 'connecting failed: ECONNREFUSED', route: 'dead' });
  expect(entry?.requestId).toBe(headers['x-request-id']);
});

test('a request that was refused before it was understood has its line, too', async () => {
  const client = await connectRaw(sluice.proxyPort);
  client.send('GET / HTTP/1.1\r\nHost : a\r\n\r\n');
  const { status } = await client.response();
  expect(status).toBe(400);
  const [entry] = await entries(file, '', 1);
  expect(entry).toMatchObject({ status: 400, error: 'MALFORMED_REQUEST', client: '127.0.0.1' });
  client.close();
});

test('SIGUSR2 opens the log anew by its name, as rotation needs it', async () => {
  const moved = `${file}.1`;
  await rename(file, moved);
  await ask(sluice.proxyPort, '/before');
  await entries(moved, '/before', 1);
  sluice.signal('SIGUSR2');
  // Every worker has to have heard it: ask until a line of each connection arrives in the new file.
  await until('the new file to be used', async () => {
    await ask(sluice.proxyPort, '/after');
    return (await readFile(file, 'utf8').catch(() => '')).includes('/after');
  });
  expect(await readFile(moved, 'utf8')).toContain('/before');
});
