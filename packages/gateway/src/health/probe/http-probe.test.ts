import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BackendTlsConfig, HealthCheckConfig } from '@sluice/model';
import type { ProbeResult } from '../probe.ts';
import { httpProbe } from './http-probe.ts';

const caFile = fileURLToPath(new URL('../fixtures/backend-cert.pem', import.meta.url));
const keyFile = fileURLToPath(new URL('../fixtures/backend-key.pem', import.meta.url));
const ca = readFileSync(caFile, 'utf8');
const check: HealthCheckConfig = {
  type: 'Http',
  endpoint: '/',
  interval: 5000,
  timeout: 3000,
  unhealthyThreshold: 3,
  healthyThreshold: 2,
  expectedStatusCode: 200,
};

let server: Server;
beforeAll(async () => {
  server = createServer({ cert: ca, key: readFileSync(keyFile) }, (_request, response) => response.end());
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
});
afterAll(() => server.close());

function probe(tls?: Partial<BackendTlsConfig>, authorities?: string): Promise<ProbeResult> {
  const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return httpProbe({ url, check, tls: tls && { verify: true, ...tls }, ca: authorities }, new AbortController().signal);
}

test('a certificate of an unknown authority is a failure', async () => {
  expect(await probe()).toEqual({ ok: false, reason: expect.stringContaining('self-signed certificate') as string });
});

test('a certificate of the own authority for the expected name is well', async () => {
  expect(await probe({ serverName: 'backend.test' }, ca)).toEqual({ ok: true });
});

test('a certificate for another name or address is a failure', async () => {
  expect(await probe({ serverName: 'other.test' }, ca)).toMatchObject({ ok: false });
  expect(await probe({}, ca)).toMatchObject({ ok: false });
});

test('any certificate is well when it is not verified', async () => {
  expect(await probe({ verify: false })).toEqual({ ok: true });
});
