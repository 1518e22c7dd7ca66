import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtProgram } from '@sluice/service/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHttpBackend, startSluice } from '../kit/index.ts';
import type { HttpBackend, Sluice } from '../kit/index.ts';

/** What scripts/pyjwt/make-tokens.py prints. */
interface Made {
  readonly secret: string;
  readonly keys: readonly object[];
  readonly tokens: Readonly<Record<string, string>>;
}

const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const ofSecrets = ['HS256', 'HS384', 'HS512'];

let made: Made;
let folder: string;
let issuer: Server;
let backend: HttpBackend;
let sluice: Sluice;

beforeAll(async () => {
  const python = builtProgram('PyJWT', 'pyjwt-2.15.1/bin/python');
  const script = fileURLToPath(new URL('../../scripts/pyjwt/make-tokens.py', import.meta.url));
  made = JSON.parse(execFileSync(python, [script], { encoding: 'utf8' })) as Made;
  folder = await mkdtemp(join(tmpdir(), 'sluice-pyjwt-'));
  await writeFile(join(folder, 'jwt.secret'), made.secret);
  issuer = createServer((_request, response) => response.end(JSON.stringify({ keys: made.keys })));
  await once(issuer.listen(0, '127.0.0.1'), 'listening');
  const jwksUrl = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/jwks.json`;
  backend = await startHttpBackend('users');
  const wishes = { type: 'jwt', issuer: 'https://id.example', audience: ['orders'] } as const;
  // A key that names no algorithm serves the family that is listed first.
  const route = (name: string, method: object) => ({
    name,
    pathPattern: `/${name}`,
    authentication: { methods: [{ ...wishes, ...method }] },
    backends: [{ name: 'users', url: backend.url }],
  });
  const others = algorithms.filter((name) => !name.startsWith('PS'));
  const pss = algorithms.filter((name) => name.startsWith('PS'));
  sluice = await startSluice({
    proxy: { workers: 1 },
    routes: [
      route('set', { jwksUrl, algorithms: others }),
      route('pss', { jwksUrl, algorithms: pss }),
      route('secret', { secretFile: join(folder, 'jwt.secret'), algorithms: ofSecrets }),
    ] as never,
  });
});
afterAll(async () => {
  await sluice.stop();
  await backend.close();
  issuer.close();
  await rm(folder, { recursive: true });
});

async function statusOf(path: string, token: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${sluice.proxyPort}${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  await response.arrayBuffer();
  return response.status;
}

function pathOf(algorithm: string): string {
  if (algorithm.startsWith('HS')) return '/secret';
  return algorithm.startsWith('PS') ? '/pss' : '/set';
}

test.each([...algorithms, ...ofSecrets])(
  'a token that PyJWT signs by %s is good, and no other spelling of it',
  async (name) => {
    const token = made.tokens[name];
    expect(await statusOf(pathOf(name), token)).toBe(200);
    const [header, claims, signature] = token.split('.');
    const other = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    expect(await statusOf(pathOf(name), `${header}.${claims}.${other}`)).toBe(401);
    for (const path of ['/set', '/pss', '/secret'].filter((each) => each !== pathOf(name)))
      expect(await statusOf(path, token)).toBe(401);
  },
);
