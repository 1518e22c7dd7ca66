import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { replaceFile } from '@sluice/service/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, createProcess, freePort, ManagementApi, startHttpBackend, until } from '../kit/index.ts';
import type { HttpBackend, LastingProcess } from '../kit/index.ts';
import { byEd, tokenOf } from './tokens.ts';

// Routes of the API on two nodes: each fetches the key set for itself, and has the file of a key in a folder of its own.

const password = 'correct horse battery staple';
const pairs = Object.fromEntries(['a', 'b', 'c', 'd'].map((kid) => [kid, generateKeyPairSync('ed25519')]));

let backend: HttpBackend;
let control: LastingProcess;
let nodes: LastingProcess[];
let issuer: Server;
let shown: string[];
let fetches = 0;
let port: number;

beforeAll(async () => {
  backend = await startHttpBackend('a');
  shown = ['a'];
  // Nobody else takes this one while the issuer is away.
  port = await freePort();
  await openIssuer();
  const env = { SLUICE_ADMIN_PASSWORD: password, SLUICE_JOIN_TOKEN: 'a-token-of-the-two-nodes-test' };
  control = await createProcess({ name: 'control', role: 'control', config: { access: { limitFactor: 0 } }, env });
  await control.start();
  const controlUrls = [`http://127.0.0.1:${control.managementPort}`];
  nodes = await Promise.all(
    ['node-1', 'node-2'].map((name) => {
      const node = { name, controlUrls, filesFolder: 'files' };
      return createProcess({ name, role: 'gateway', config: { proxy: { workers: 2 }, node }, env });
    }),
  );
  for (const node of nodes) {
    mkdirSync(join(node.folder, 'files'));
    writeKey(node, 'a');
  }
  const api = new ManagementApi({ controls: [control], password });
  for (const [name, source] of [
    ['set', { jwksUrl: `http://127.0.0.1:${port}/jwks.json` }],
    ['file', { publicKeyFile: 'issuer.pem' }],
  ] as const) {
    const authentication = { methods: [{ type: 'jwt', ...source, algorithms: ['EdDSA'] }] };
    const backends = [{ name: 'a', url: backend.url }];
    await api.acknowledged('POST', '/gateway/routes', { name, pathPattern: `/${name}`, authentication, backends });
  }
  await Promise.all(nodes.map((node) => node.start()));
});

afterAll(async () => {
  await Promise.all([...nodes, control].map((process) => process.remove()));
  await Promise.all([backend.close(), closeIssuer()]);
});

async function openIssuer(): Promise<void> {
  issuer = createServer((_request, response) => {
    fetches++;
    const keys = shown.map((kid) => ({ ...pairs[kid].publicKey.export({ format: 'jwk' }), kid }));
    response.end(JSON.stringify({ keys }));
  });
  await once(issuer.listen(port, '127.0.0.1'), 'listening');
}

function closeIssuer(): Promise<void> {
  issuer.closeAllConnections();
  return new Promise((resolve) => issuer.close(() => resolve()));
}

/** Replaces the file of the key on a node. */
function writeKey({ folder }: LastingProcess, kid: string): void {
  replaceFile(join(folder, 'files', 'issuer.pem'), pairs[kid].publicKey.export({ type: 'spki', format: 'pem' }));
}

/** What the nodes answer to a token of this key, signed for this subject. */
function statuses(path: string, kid: string, { sub = 'ada', of = nodes } = {}): Promise<number[]> {
  const authorization = `Bearer ${tokenOf({ alg: 'EdDSA', kid }, { sub }, byEd(pairs[kid].privateKey))}`;
  return Promise.all(
    of.map(async ({ proxyPort }) => (await ask(proxyPort, path, { headers: { authorization } })).status),
  );
}

async function untilBoth(what: string, path: string, kid: string, status: number): Promise<void> {
  await until(what, async () => (await statuses(path, kid)).every((each) => each === status));
}

test('each node asks once for an unknown key, follows a rotation, and keeps the last good keys', async () => {
  await untilBoth('both nodes to have the keys', '/set', 'a', 200);
  expect(fetches).toBe(2);

  const unknown = await Promise.all(
    Array.from({ length: 40 }, (_, index) => statuses('/set', 'b', { sub: `u${index}` })),
  );
  expect(new Set(unknown.flat())).toEqual(new Set([401]));
  expect(fetches).toBe(4);

  shown = ['c'];
  await untilBoth('both nodes to have the new key', '/set', 'c', 200);
  expect(await statuses('/set', 'a')).toEqual([401, 401]);

  await closeIssuer();
  await untilBoth('both nodes to notice that the host is away', '/set', 'd', 503);
  expect(await statuses('/set', 'c', { sub: 'new' })).toEqual([200, 200]);
  const [first] = nodes;
  await first.kill();
  await first.start();
  expect(await statuses('/set', 'c', { of: [first] })).toEqual([200]);

  shown = ['d'];
  await openIssuer();
  await untilBoth('both nodes to have the keys of the host that is back', '/set', 'd', 200);
  expect(await statuses('/set', 'c')).toEqual([401, 401]);
}, 300_000);

test('a file of a key is found by its name on each node, and followed there', async () => {
  await untilBoth('both nodes to have the key', '/file', 'a', 200);
  expect(await statuses('/file', 'b')).toEqual([401, 401]);
  writeKey(nodes[0], 'b');
  await until('the first node to have the other key', async () => (await statuses('/file', 'b'))[0] === 200);
  expect(await statuses('/file', 'b')).toEqual([200, 401]);
  writeKey(nodes[1], 'b');
  await untilBoth('both nodes to have the other key', '/file', 'b', 200);
  expect(await statuses('/file', 'a')).toEqual([401, 401]);
});
