import { MongoClient } from 'mongodb';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startTlsServer } from '../testing/tls-server.ts';
import type { TlsServer } from '../testing/tls-server.ts';
import { openServerTrust } from './mongodb-tls.ts';

let tls: TlsServer;

beforeAll(async () => {
  tls = await startTlsServer();
});
afterAll(() => tls.close());

test('an authority that is replaced counts for new connections of the driver, and one that does not fit is not taken', async () => {
  tls.replace('ca.pem', 'other.pem');
  const { server, file } = tls;
  const url = `mongodb://127.0.0.1:${tls.port}/db?tls=true&tlsCAFile=${encodeURIComponent(file('ca.pem'))}`;
  const [info, warn] = [vi.fn<(message: string) => void>(), vi.fn<(message: string, fields?: object) => void>()];
  const trust = await openServerTrust(new MongoClient(url).options, { info, warn });
  const client = new MongoClient(url, {
    ...trust?.options,
    heartbeatFrequencyMS: 500,
    serverSelectionTimeoutMS: 180_000,
  });
  const connecting = client.connect().catch(() => undefined);
  await once(server, 'tlsClientError');
  expect(tls.trusted).toBe(0);
  writeFileSync(file('nothing'), 'nothing');
  tls.replace('ca.pem', 'nothing');
  await vi.waitFor(() => expect(warn).toHaveBeenCalledOnce());
  expect(warn.mock.calls[0][1]).toEqual({ reason: `store.url: ${file('ca.pem')} holds no PEM certificate` });
  tls.replace('ca.pem', 'server.pem');
  await vi.waitFor(() => expect(info).toHaveBeenCalledOnce());
  await vi.waitFor(() => expect(tls.trusted).toBeGreaterThan(0));
  trust?.close();
  await client.close(true);
  await connecting;
});
