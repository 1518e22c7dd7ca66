import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaceFile } from '@sluice/service/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { spawnSluice } from '../../../../e2e/kit/index.ts';
import type { SluiceProcess } from '../../../../e2e/kit/index.ts';

let folder: string;
let processes: SluiceProcess[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'start-'));
  processes = [];
});
afterEach(async () => {
  await Promise.all(processes.map((process) => process.kill()));
  await rm(folder, { recursive: true });
});

function start(args: readonly string[]): SluiceProcess {
  const started = spawnSluice(['start', ...args], { cwd: folder });
  processes.push(started);
  return started;
}

function writeConfig(rest: string): void {
  const ports = 'proxy: { port: 0, workers: 1 }\nmanagement: { port: 0 }\n';
  replaceFile(join(folder, 'sluice.yaml'), ports + rest);
}

test('a watched file: a good change goes live, a bad one is refused by line, SIGHUP reloads, SIGTERM ends with 0', async () => {
  const route = (name: string) => `{ name: ${name}, backends: [{ name: x, url: "http://127.0.0.1:1" }] }`;
  writeConfig(`routes: [${route('a')}, ${route('b')}]\n`);
  const sluice = start([]);
  expect(await sluice.written('"message":"running"')).toContain('routes[1]  matches the same as route a: ');
  writeConfig(`routes: [${route('a')}, ${route('c')}]\n`);
  await sluice.written('"message":"configuration is live","revision":2');
  writeConfig('rotes: []\n');
  expect(await sluice.written('sluice.yaml:3:1  rotes')).toContain('the last good one stays in use');
  writeConfig('routes: []\n');
  await sluice.written('"revision":3');
  sluice.signal('SIGHUP');
  await sluice.written('"reason":"SIGHUP"');

  const [, management] = /"management":"([^"]+)"/.exec(sluice.output) ?? [];
  const health = async () => (await fetch(`${management}/health`)).json();
  await rm(join(folder, 'sluice.yaml'));
  await sluice.written('sluice.yaml  there is no such file');
  expect(await health()).toMatchObject({
    status: 'degraded',
    revision: 3,
    lastRefusal: { message: 'sluice.yaml: there is no such file' },
  });
  writeConfig('routes: []\n# it is back\n');
  await expect.poll(health).toMatchObject({ status: 'healthy', revision: 3 });
  await sluice.written('"message":"configuration is unchanged","revision":3,"reason":"file changed"');
  expect(await sluice.stop()).toBe(0);
});

test('a taken port: which one, and how to choose another', async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  const { port } = holder.address() as AddressInfo;
  writeConfig('');
  const sluice = start(['--port', String(port)]);
  expect(await sluice.exited).toBe(1);
  holder.close();
  expect(sluice.output).toContain(`Port ${port} on 127.0.0.1 (proxy.port) is taken by`);
  expect(sluice.output).toContain(`sluice start --port ${port + 1}`);
  // With a store, there would be a first password that nobody has seen.
  expect(existsSync(join(folder, '.sluice'))).toBe(false);
});

test('a certificate that cannot be read is refused with its line, and nothing starts', async () => {
  const tls = 'tls: { port: 0, certificates: [{ certFile: none.pem,\n keyFile: none.key }] }';
  await writeFile(join(folder, 'sluice.yaml'), `proxy: { port: 0, ${tls} }\nmanagement: { port: 0 }\n`);
  const sluice = start([]);
  expect(await sluice.exited).toBe(1);
  expect(sluice.output).toMatch(
    /^sluice\.yaml:1:\d+ +proxy\.tls\.certificates\[0\]\.certFile +none\.pem cannot be read \(ENOENT\)$/m,
  );
  expect(sluice.output).toMatch(/^sluice\.yaml:2:2 +proxy\.tls\.certificates\[0\]\.keyFile/m);
});

test('files that routes name are looked at like certificates, before the store is touched', async () => {
  const routes = [
    'routes:',
    '  - name: a',
    '    authentication: { methods: [{ type: basic, usersFile: none.htpasswd }] }',
    '    backends: [{ name: b, url: "https://127.0.0.1:1", tls: { caFile: none.pem } }]',
  ];
  await writeFile(join(folder, 'sluice.yaml'), ['proxy: { port: 0 }', 'management: { port: 0 }', ...routes].join('\n'));
  const sluice = start([]);
  expect(await sluice.exited).toBe(1);
  expect(sluice.output).toMatch(
    /^sluice\.yaml:5:\d+ +routes\[0\]\.authentication\.methods\[0\]\.usersFile +none\.htpasswd cannot/m,
  );
  expect(sluice.output).toMatch(
    /^sluice\.yaml:6:\d+ +routes\[0\]\.backends\[0\]\.tls\.caFile +none\.pem cannot be read \(ENOENT\)$/m,
  );
  expect(existsSync(join(folder, '.sluice'))).toBe(false);
});

test('without any file it runs on the defaults, and keeps what is private to itself', async () => {
  const sluice = start(['--port', '0', '--management-port', '0', '--workers', '1']);
  await sluice.written('"message":"running"');
  const password = /password of admin, shown this once: (\S+)/.exec(await sluice.written('shown this once'))?.[1];
  const management = /"management":"([^"]+)"/.exec(sluice.output)?.[1];
  const login = { username: 'admin', password };
  const answer = await fetch(`${management}/api/v1/authentication/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(login),
  });
  expect(answer.status).toBe(200);
  expect((await stat(join(folder, '.sluice'))).mode & 0o777).toBe(0o700);
  expect(await sluice.stop()).toBe(0);
  // The password is made up once: from now on it is the user's.
  const again = start(['--port', '0', '--management-port', '0', '--workers', '1']);
  expect(await again.written('"message":"running"')).not.toContain('shown this once');
});

test('a second one in the same folder is told that the store is in use', async () => {
  const sluice = start(['--port', '0', '--management-port', '0', '--workers', '1']);
  await sluice.written('"message":"running"');
  const second = start(['--port', '0', '--management-port', '0', '--workers', '1']);
  expect(await second.exited).toBe(1);
  expect(second.output).toMatch(/not started.*is used by another running sluice: stop that one/);
});

test('the demo says what runs where', async () => {
  const sluice = start(['--demo', '--port', '0', '--management-port', '0', '--workers', '1']);
  expect(await sluice.written('Ctrl-C')).toMatch(/^ {2}candidate +http:\/\/127\.0\.0\.1:\d+/m);
  const proxy = /^ {2}proxy +(\S+) +port from --port$/m.exec(sluice.output)?.[1];
  expect((await fetch(`${proxy}/test/get`)).status).toBe(200);
  sluice.signal('SIGINT');
  expect(await sluice.exited).toBe(0);
});

test('files of the management port that do not fit are refused by line, also without a gateway', async () => {
  const tls = '{ certFile: none.pem, keyFile: none.key }';
  await writeFile(join(folder, 'sluice.yaml'), `role: control\nmanagement: { port: 0, tls: ${tls} }\n`);
  const sluice = start([]);
  expect(await sluice.exited).toBe(1);
  expect(sluice.output).toMatch(/sluice.yaml:2:\d+ {2}management.tls.certFile {2}none.pem cannot be read \(ENOENT\)/);
  expect(sluice.output).toContain('not started');
});

test.each([
  ['control', 'role: gateway\nnode: { controlUrls: ["http://127.0.0.1:1"], joinToken: 0123456789abcdef }\n'],
  ['its store', 'store: { url: "postgres://nobody:secret@127.0.0.1:1/none" }\n'],
])('SIGTERM ends a start that waits for %s', async (_what, rest) => {
  writeConfig(rest);
  const sluice = start([]);
  await sluice.written(
    rest.startsWith('role')
      ? 'asking the control plane for the configuration'
      : 'the store cannot be reached; retrying',
  );
  expect(await sluice.stop()).toBe(0);
  expect(sluice.output).toContain('"message":"stopped"');
  expect(sluice.output).not.toContain('secret');
});
