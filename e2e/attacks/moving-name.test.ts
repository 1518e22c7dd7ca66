import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaceFile } from '@sluice/service/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, createCertificateMaker, freePort, startSluice, until } from '../kit/index.ts';
import type { CertificateFiles, Sluice } from '../kit/index.ts';

// A backend's name has several addresses, and they change while connections are open.
const places = ['127.0.0.11', '127.0.0.12', '127.0.0.13'];
const servers: Server[] = [];
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let folder: string;
let sluice: Sluice;
const certificates = createCertificateMaker();

/** Takes the place of the machine's resolver for one name: reads its addresses from a file. */
const resolver = (file: string): string => `
import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const { lookup } = dns;
dns.lookup = (host, options, done) => {
  if (host !== 'backend.test') return lookup(host, options, done);
  const found = JSON.parse(readFileSync(${JSON.stringify(file)}, 'utf8'));
  setImmediate(() => done(null, found.map((address) => ({ address, family: 4 }))));
};
syncBuiltinESMExports();
`;

function nameHas(...addresses: string[]): void {
  replaceFile(join(folder, 'addresses.json'), JSON.stringify(addresses));
}

async function start(address: string, port: number, pair?: CertificateFiles): Promise<void> {
  const answer: RequestListener = (_, response) => void response.end(address);
  const server =
    pair === undefined
      ? createServer(answer)
      : createTlsServer({ cert: readFileSync(pair.certFile), key: readFileSync(pair.keyFile) }, answer);
  server.keepAliveTimeout = 600_000;
  servers.push(server.listen(port, address));
  await once(server, 'listening');
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-name-'));
  const ports = { plain: await freePort(), tls: await freePort() };
  const authority = certificates.authority('authority');
  const pair = certificates.issue(authority, 'backend', ['backend.test']);
  for (const address of places) {
    await start(address, ports.plain);
    await start(address, ports.tls, pair);
  }
  nameHas(...places);
  await writeFile(join(folder, 'resolver.mjs'), resolver(join(folder, 'addresses.json')));
  const connectionPool = { lookupInterval: '1s' };
  const tls = { caFile: authority.certFile };
  const route = (name: string, url: string, more = {}) => ({
    name,
    pathPattern: `/${name}`,
    backends: [{ name: 'backend', url, connectionPool, ...more }],
  });
  sluice = await startSluice(
    {
      proxy: { workers: 1 },
      routes: [
        route('plain', `http://backend.test:${ports.plain}`),
        route('tls', `https://backend.test:${ports.tls}`, { tls }),
      ],
    },
    { env: { NODE_OPTIONS: `--import ${join(folder, 'resolver.mjs')}` } },
  );
});
afterAll(async () => {
  agent.destroy();
  await sluice.stop();
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  certificates.remove();
  await rm(folder, { recursive: true });
});

async function answers(path: string, count: number): Promise<Set<string>> {
  const seen = new Set<string>();
  for (let i = 0; i < count; i++) seen.add((await ask(sluice.proxyPort, path, { agent })).body);
  return seen;
}

test.each(['/plain', '/tls'])(
  '%s: all addresses are used, and those that the name has no longer are left',
  async (path) => {
    nameHas(...places);
    await until('all to be used', async () => (await answers(path, 6)).size === 3);
    nameHas(places[2]);
    await until('only the last to be used', async () => {
      const seen = await answers(path, 6);
      return seen.size === 1 && seen.has(places[2]);
    });
    // The servers of the other two are still up: nothing but the name has changed.
    expect(await answers(path, 6)).toEqual(new Set([places[2]]));
  },
);

test('an address where nobody listens is passed over', async () => {
  nameHas('127.0.0.99', places[0]);
  await until('the new address to be used', async () => (await answers('/plain', 3)).has(places[0]));
  expect(await answers('/plain', 10)).toEqual(new Set([places[0]]));
});
