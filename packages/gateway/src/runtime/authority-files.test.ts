import type { GatewayConfig } from '@sluice/model';
import { parseConfig } from '@sluice/model';
import { createLogger } from '@sluice/service';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { replaceFile } from '@sluice/service/testing';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { certificateFolder } from '../wire/testing/certificates.ts';
import type { CertificateFolder, TestCertificate } from '../wire/testing/certificates.ts';
import type { Gateway } from './gateway.ts';
import { startGateway } from './start-gateway.ts';

const until = (condition: () => boolean | Promise<boolean>) => vi.waitUntil(condition, { interval: 10 });

let folder: CertificateFolder;
let allowed: string;
let pair: TestCertificate;
let other: TestCertificate;
let backend: ReturnType<typeof createServer>;
let gateway: Gateway | undefined;
let lines: string[];

beforeAll(async () => {
  folder = certificateFolder();
  allowed = join(folder.path, 'allowed');
  mkdirSync(allowed);
  pair = folder.make('backend', ['backend.example']);
  other = folder.make('other', ['backend.example']);
  backend = createServer(pair, (_request, response) => response.end('secret')).listen(0, '127.0.0.1');
  await once(backend, 'listening');
});
afterAll(() => {
  backend.closeAllConnections();
  backend.close();
  folder.remove();
});
afterEach(async () => {
  await gateway?.close({ drainMs: 0 });
  gateway = undefined;
});

/** Routes as the API makes them: one per kind of authorities, and one without. */
function configOf(tls: Record<string, { ca?: string; caFile?: string }>, extra: object = {}): GatewayConfig {
  const url = `https://127.0.0.1:${(backend.address() as AddressInfo).port}`;
  const parsed = parseConfig({
    proxy: { port: 0, workers: 1, accessLog: { failures: false } },
    management: { port: 0 },
    node: { filesFolder: allowed },
    routes: Object.entries(tls).map(([name, one]) => ({
      name,
      pathPattern: `/${name}`,
      backends: [{ name: 'b', url, tls: { serverName: 'backend.example', ...one }, ...extra }],
    })),
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return { ...parsed.config, routesOwner: 'api' };
}

async function start(config: GatewayConfig): Promise<Gateway> {
  lines = [];
  const log = createLogger({ output: { write: (line) => lines.push(line) }, json: true });
  gateway = await startGateway({ config, log, version: '1.2.3' });
  return gateway;
}

const statusOf = async (name: string): Promise<number> =>
  (await fetch(`http://127.0.0.1:${gateway?.addresses.proxy?.port}/${name}`)).status;

test('a file that cannot be used harms the backends that name it, and tells nobody what is on the disk', async () => {
  execFileSync('mkfifo', [join(allowed, 'fifo')]);
  writeFileSync(join(allowed, 'garbage'), 'no certificate');
  symlinkSync('/dev/zero', join(allowed, 'zero'));
  symlinkSync(pair.certFile, join(allowed, 'outside'));
  const bad = {
    fifo: 'fifo',
    garbage: 'garbage',
    zero: 'zero',
    outside: 'outside',
    missing: 'missing',
    up: '../backend.crt',
  };
  const named = Object.entries({ ...bad, path: pair.certFile }).map(([name, caFile]) => [name, { caFile }] as const);
  const { status } = await start(configOf({ ...Object.fromEntries(named), inline: { ca: pair.cert } }));
  expect(await statusOf('inline')).toBe(200);
  for (const [name] of named) expect(`${name} ${await statusOf(name)}`).toBe(`${name} 503`);
  const faults = status.faults();
  expect(faults.map(({ routeId }) => routeId)).toEqual(named.map(([name]) => name));
  expect(new Set(faults.map(({ reason }) => reason)).size).toBe(1);
  expect([...status.unhealthyBackends()]).toHaveLength(named.length);
  expect(lines.filter((line) => line.includes('out of service'))).toHaveLength(named.length);
  // It comes later: nobody has to change the configuration.
  replaceFile(join(allowed, 'missing'), pair.cert);
  await until(async () => (await statusOf('missing')) === 200);
  expect(status.faults()).toHaveLength(named.length - 1);
});

test('without a folder of its own a node opens nothing that the API names', async () => {
  writeFileSync(join(allowed, 'there.pem'), pair.cert);
  const config = configOf({ named: { caFile: 'there.pem' } });
  await start({ ...config, node: { ...config.node, filesFolder: undefined } });
  expect(await statusOf('named')).toBe(503);
});

test('the file of a gateway itself names any path', async () => {
  await start({ ...configOf({ own: { caFile: pair.certFile } }), routesOwner: 'file' });
  expect(await statusOf('own')).toBe(200);
});

test('authorities that are exchanged count for new requests and checks, also on connections that are open', async () => {
  for (const [version, cert] of Object.entries({ v1: pair.cert, v2: other.cert })) {
    mkdirSync(join(allowed, version));
    writeFileSync(join(allowed, version, 'ca.pem'), cert);
  }
  // As Kubernetes mounts secrets: a link to a link that is swapped.
  symlinkSync('v1', join(allowed, '..data'));
  symlinkSync(join('..data', 'ca.pem'), join(allowed, 'ca.pem'));
  const healthCheck = { endpoint: '/', interval: '1h' };
  await start(configOf({ named: { caFile: 'ca.pem' } }, { healthCheck }));
  const check = async () => (await gateway!.checkHealth())[0].result.ok;
  expect([await statusOf('named'), await check()]).toEqual([200, true]);
  const swap = (version: string): void => {
    symlinkSync(version, join(allowed, '..next'));
    renameSync(join(allowed, '..next'), join(allowed, '..data'));
  };
  swap('v2');
  await until(async () => (await statusOf('named')) === 502);
  expect(await check()).toBe(false);
  swap('v1');
  await until(async () => (await statusOf('named')) === 200);
  expect(await check()).toBe(true);
});
