import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const bin = fileURLToPath(new URL('../../bin/sluice.js', import.meta.url));

let folder: string;
let child: ChildProcess;
let output: string;
let ended: Promise<number | null>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'start-'));
});
afterEach(async () => {
  child.kill('SIGKILL');
  await ended;
  await rm(folder, { recursive: true });
});

function start(args: readonly string[]): void {
  output = '';
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:SLUICE|VITEST|NODE_|npm_)/.test(name)),
  );
  child = spawn(process.execPath, [bin, 'start', ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  ended = new Promise((resolve) => child.once('close', resolve));
}

/** Waits for a text in the output; gives the output, so that more can be said about it. */
async function printed(text: string): Promise<string> {
  await vi.waitFor(() => expect(output).toContain(text), { timeout: 50_000, interval: 5 });
  return output;
}

async function writeConfig(rest: string): Promise<void> {
  const ports = 'proxy: { port: 0, workers: 1 }\nmanagement: { port: 0 }\n';
  await writeFile(join(folder, 'sluice.yaml'), ports + rest);
}

test('a watched file: a good change goes live, a bad one is refused by line, SIGHUP reloads, SIGTERM ends with 0', async () => {
  const route = (name: string) => `{ name: ${name}, backends: [{ name: x, url: "http://127.0.0.1:1" }] }`;
  await writeConfig(`routes: [${route('a')}, ${route('b')}]\n`);
  start([]);
  expect(await printed('"message":"running"')).toContain('routes[1]  matches the same as route a: ');
  await writeConfig(`routes: [${route('a')}, ${route('c')}]\n`);
  await printed('"message":"configuration is live","revision":2');
  await writeConfig('rotes: []\n');
  expect(await printed('sluice.yaml:3:1  rotes')).toContain('the last good one stays live');
  await writeConfig('routes: []\n');
  await printed('"revision":3');
  child.kill('SIGHUP');
  await printed('"reason":"SIGHUP"');
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});

test('a taken port: which one, and how to choose another', async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  const { port } = holder.address() as AddressInfo;
  await writeConfig('');
  start(['--port', String(port)]);
  expect(await ended).toBe(1);
  holder.close();
  expect(output).toContain(`Port ${port} on 127.0.0.1 (proxy.port) is taken by`);
  expect(output).toContain(`sluice start --port ${port + 1}`);
});

test('a certificate that cannot be read is refused with its line, and nothing starts', async () => {
  const tls = 'tls: { port: 0, certificates: [{ certFile: none.pem,\n keyFile: none.key }] }';
  await writeFile(join(folder, 'sluice.yaml'), `proxy: { port: 0, ${tls} }\nmanagement: { port: 0 }\n`);
  start([]);
  expect(await ended).toBe(1);
  expect(output).toMatch(
    /^sluice\.yaml:1:\d+ +proxy\.tls\.certificates\[0\]\.certFile +none\.pem cannot be read \(ENOENT\)$/m,
  );
  expect(output).toMatch(/^sluice\.yaml:2:2 +proxy\.tls\.certificates\[0\]\.keyFile/m);
});

test('without any file it runs on the defaults, and keeps what is private to itself', async () => {
  start(['--port', '0', '--management-port', '0', '--workers', '1']);
  await printed('"message":"running"');
  const password = /password of admin, shown this once: (\S+)/.exec(await printed('shown this once'))?.[1];
  const management = /"management":"([^"]+)"/.exec(output)?.[1];
  const login = { username: 'admin', password };
  const answer = await fetch(`${management}/api/v1/authentication/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(login),
  });
  expect(answer.status).toBe(200);
  expect((await stat(join(folder, '.sluice'))).mode & 0o777).toBe(0o700);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  // The password is made up once: from now on it is the user's.
  start(['--port', '0', '--management-port', '0', '--workers', '1']);
  expect(await printed('"message":"running"')).not.toContain('shown this once');
});

test('a second one in the same folder is told that the store is in use', async () => {
  start(['--port', '0', '--management-port', '0', '--workers', '1']);
  await printed('"message":"running"');
  const [first, firstEnded] = [child, ended];
  start(['--port', '0', '--management-port', '0', '--workers', '1']);
  expect(await ended).toBe(1);
  expect(output).toMatch(/not started.*is used by another running sluice: stop that one/);
  first.kill('SIGKILL');
  await firstEnded;
});

test('the demo says what runs where', async () => {
  start(['--demo', '--port', '0', '--management-port', '0', '--workers', '1']);
  expect(await printed('Ctrl-C')).toMatch(/^ {2}candidate +http:\/\/127\.0\.0\.1:\d+/m);
  const proxy = /^ {2}proxy +(\S+)$/m.exec(output)?.[1];
  expect((await fetch(`${proxy}/test/get`)).status).toBe(200);
  child.kill('SIGINT');
  child.kill('SIGINT');
  expect(await ended).toBe(0);
});

test('files of the management port that do not fit are refused by line, also without a gateway', async () => {
  const tls = '{ certFile: none.pem, keyFile: none.key }';
  await writeFile(join(folder, 'sluice.yaml'), `role: control\nmanagement: { port: 0, tls: ${tls} }\n`);
  start([]);
  expect(await ended).toBe(1);
  expect(output).toMatch(/sluice.yaml:2:\d+ {2}management.tls.certFile {2}none.pem cannot be read \(ENOENT\)/);
  expect(output).toContain('not started');
});

test.each([
  ['control', 'role: gateway\nnode: { controlUrls: ["http://127.0.0.1:1"], joinToken: 0123456789abcdef }\n'],
  ['its store', 'store: { url: "postgres://nobody:secret@127.0.0.1:1/none" }\n'],
])('SIGTERM ends a start that waits for %s', async (_what, rest) => {
  await writeConfig(rest);
  start([]);
  await printed(
    rest.startsWith('role') ? 'asking control for the configuration' : 'the store cannot be reached: trying again',
  );
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(output).toContain('"message":"stopped"');
  expect(output).not.toContain('secret');
});
