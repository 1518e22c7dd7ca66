import { execFileSync } from 'node:child_process';
import { createServer as createSecureServer } from 'node:https';
import type { ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@sluice/service';
import { freePort } from '@sluice/service/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startControlServer } from '../../../control/src/nodes/testing/control-server.ts';
import type { ControlServer, ControlServerOptions } from '../../../control/src/nodes/testing/control-server.ts';
import { nodeReport } from '../../../control/src/nodes/testing/report.ts';
import type { ControlConnection, NodeChanges, NodeReport } from '@sluice/model';
import { ControlError } from '@sluice/model';
import { createHttpConnection } from './http-connection.ts';
import type { HttpConnectionOptions } from './http-connection.ts';
import { ControlTls } from './control-tls.ts';
import type { TlsFiles } from './control-tls.ts';

const joinToken = 'a-token-that-nobody-may-see';
const nothing: NodeChanges = {
  revision: 3,
  lineage: 'first',
  whole: false,
  routes: [],
  backends: [],
  removedRoutes: [],
  removedBackends: [],
  commands: [],
};
const question = { nodeId: 'node 1/ä', since: 2, lineage: 'first', waitMs: 0 };

let ends: (() => unknown)[] = [];
let lines: string[] = [];
afterEach(async () => {
  for (const end of ends) await end();
  ends = [];
  const leaks = lines.filter((line) => line.includes(joinToken));
  lines = [];
  if (leaks.length > 0) throw new Error('the join token is in the log');
});

async function control(options: ControlServerOptions): Promise<ControlServer> {
  const server = await startControlServer(options);
  ends.push(() => server.kill());
  return server;
}

function link(urls: string[], options: Partial<HttpConnectionOptions> = {}): ControlConnection {
  const log = createLogger({ output: { write: (line) => lines.push(line) }, json: true });
  const made = createHttpConnection({ urls, joinToken, log, ...options });
  ends.push(() => made.close());
  return made;
}

const open = (files: TlsFiles): Promise<ControlTls> =>
  ControlTls.open(files, createLogger({ output: { write: (line) => lines.push(line) }, json: true }));

async function failureOf(promise: Promise<unknown>): Promise<ControlError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ControlError);
  expect(String(error)).not.toContain(joinToken);
  return error as ControlError;
}

const json = (value: unknown) => (_: unknown, response: ServerResponse) => response.end(JSON.stringify(value));

describe('the way to control over HTTP', () => {
  test('asks and reports, with the token in its header only, on one connection', async () => {
    const seen: NodeReport[] = [];
    const server = await control({
      joinToken,
      hub: {
        changes: (request) =>
          Promise.resolve({ ...nothing, revision: request.since + 1, lineage: request.lineage ?? '-' }),
      },
      registry: { record: (report) => seen.push(report) },
    });
    const way = link([`${server.url}/`]);
    expect(await way.changes(question)).toEqual(nothing);
    expect(await way.changes({ ...question, lineage: undefined })).toMatchObject({ lineage: '-' });
    const report = nodeReport({ nodeId: 'node 1/ä' });
    await way.report(report);
    expect(seen).toEqual([report]);
    const path = '/api/v1/gateway/nodes/node%201%2F%C3%A4';
    expect(server.requests).toEqual([
      `GET ${path}/changes?since=2&lineage=first&wait=0`,
      `GET ${path}/changes?since=2&wait=0`,
      `POST ${path}/reports`,
    ]);
  });

  test('goes on with the next control process, and stays there', async () => {
    // A port that nobody takes between the kill and the return.
    const first = await control({ port: await freePort(), hub: { changes: () => Promise.resolve(nothing) } });
    const second = await control({ hub: { changes: () => Promise.resolve({ ...nothing, revision: 9 }) } });
    const way = link([first.url, second.url]);
    expect(await way.changes(question)).toMatchObject({ revision: 3 });
    await first.kill();
    expect(await way.changes(question)).toMatchObject({ revision: 9 });
    await control({ port: first.port, hub: { changes: () => Promise.resolve(nothing) } });
    expect(await way.changes(question)).toMatchObject({ revision: 9 });
  });

  test('reports to each, and one that hangs holds up no other', async () => {
    const seen: NodeReport[][] = [[], []];
    const hung: ServerResponse[] = [];
    const slow = await control({ answer: (_, response) => hung.push(response) });
    const servers = await Promise.all(
      seen.map((list) => control({ registry: { record: (report) => list.push(report) } })),
    );
    const way = link([slow.url, ...servers.map(({ url }) => url)], { reportMs: 600_000 });
    const reports = Array.from({ length: 5 }, () => nodeReport());
    for (const [index, report] of reports.entries()) {
      await way.report(report);
      // The first answer is enough for `report`: the other one may come later.
      const soFar = reports.slice(0, index + 1);
      await expect.poll(() => seen).toEqual([soFar, soFar]);
    }
    await expect.poll(() => hung.length).toBe(1);
    // The newest is what the slow one gets next; those in between are no longer true.
    hung[0]?.writeHead(204).end();
    await expect.poll(() => hung.length).toBe(2);
  });

  test.each([
    [401, 'unauthorized'],
    [403, 'unauthorized'],
    [500, 'unavailable'],
    [503, 'unavailable'],
    [429, 'unavailable'],
    [404, 'garbage'],
    [400, 'garbage'],
  ])('a status %d is %s, and what control says to it is told', async (status, failure) => {
    const error = { code: 'X', message: 'this is why' };
    const server = await control({
      answer: (_, response) => response.writeHead(status).end(JSON.stringify({ error })),
    });
    const way = link([server.url]);
    for (const promise of [way.changes(question), way.report(nodeReport())]) {
      expect(await failureOf(promise)).toMatchObject({
        failure,
        message: containing(`${status}: this is why`),
      });
    }
  });

  test('a redirect is not followed', async () => {
    const target = await control({ hub: { changes: () => Promise.resolve(nothing) } });
    const server = await control({
      answer: (_, response) => response.writeHead(307, { location: `${target.url}/x` }).end(),
    });
    expect(await failureOf(link([server.url]).changes(question))).toMatchObject({
      failure: 'garbage',
      message: containing('redirects'),
    });
    expect(target.requests).toEqual([]);
  });

  test.each([
    ['no JSON', 'hello', 'no JSON'],
    ['a list', [], 'the answer'],
    ['no revision', { ...nothing, revision: undefined }, 'revision'],
    ['a revision that is none', { ...nothing, revision: -1 }, 'revision'],
    ['no lineage', { ...nothing, lineage: '' }, 'lineage'],
    ['routes that are none', { ...nothing, routes: ['x'] }, 'routes'],
    ['a route without a name', { ...nothing, routes: [{ pathPattern: '/x' }] }, 'routes.name'],
    ['removed ids that are none', { ...nothing, removedBackends: [7] }, 'removedBackends'],
    ['a command without an id', { ...nothing, commands: [{ kind: 'checkHealth' }] }, 'commands.id'],
  ])('%s is not taken for an answer', async (_name, value, where) => {
    const server = await control({
      answer: (request, response) => (typeof value === 'string' ? response.end(value) : json(value)(request, response)),
    });
    expect(await failureOf(link([server.url]).changes(question))).toMatchObject({
      failure: 'garbage',
      message: containing(where),
    });
  });

  test('what a later control may add is passed over', async () => {
    const command = { id: 'c', kind: 'checkHealth', backendIds: ['x'] };
    const server = await control({
      answer: json({ ...nothing, more: 1, commands: [{ id: 'd', kind: 'dance' }, command] }),
    });
    expect(await link([server.url]).changes(question)).toEqual({ ...nothing, commands: [command] });
  });

  test('an answer that breaks off is none', async () => {
    const server = await control({
      answer: (_, response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('{"revision":');
        setImmediate(() => response.destroy());
      },
    });
    expect(await failureOf(link([server.url]).changes(question))).toMatchObject({ failure: 'unreachable' });
  });

  test('nobody there, and a name that does not exist, are said as such', async () => {
    expect(await failureOf(link([`http://127.0.0.1:${await freePort()}`]).changes(question))).toMatchObject({
      failure: 'unreachable',
      message: containing('ECONNREFUSED'),
    });
    expect(await failureOf(link(['https://nowhere.invalid']).report(nodeReport()))).toMatchObject({
      failure: 'unreachable',
    });
  });

  test('a report that is not answered is given up', async () => {
    const server = await control({ answer: () => undefined });
    const error = await failureOf(link([server.url], { reportMs: 50 }).report(nodeReport()));
    expect(error).toMatchObject({ failure: 'unreachable', message: containing('50 ms') });
  });

  test('a question can be given up, and closing gives all up', async () => {
    let asked = (): void => undefined;
    const server = await control({ answer: () => asked() });
    const way = link([server.url]);
    const giveUp = new AbortController();
    asked = () => giveUp.abort();
    expect(await failureOf(way.changes({ ...question, waitMs: 20_000, signal: giveUp.signal }))).toMatchObject({
      failure: 'unreachable',
    });
    asked = () => void way.close();
    await failureOf(way.changes({ ...question, waitMs: 20_000 }));
    await way.close();
  });

  test('a kept connection that control closed in the meantime is no failure', async () => {
    const sockets = new Set<Socket>();
    let requests = 0;
    // Answers one request on each connection and closes it when the next one comes, as a server does that stops keeping it.
    const server = createTcpServer((socket) => {
      sockets.add(socket);
      let answered = false;
      socket.on('error', () => undefined);
      socket.on('data', () => {
        requests++;
        if (answered) return socket.resetAndDestroy();
        answered = true;
        const body = JSON.stringify(nothing);
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ends.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const way = link([`http://127.0.0.1:${(server.address() as AddressInfo).port}`]);
    for (let index = 0; index < 4; index++) expect(await way.changes(question)).toEqual(nothing);
    expect(requests).toBeGreaterThan(4);
  });

  test.each([
    ['http://control.internal:5000', 'in plain text'],
    ['http://127.evil.example', 'in plain text'],
    ['http://10.0.0.1', 'in plain text'],
    ['ftp://127.0.0.1', 'expected an address'],
    ['nonsense', 'expected an address'],
    ['https://user:pass@control', 'credentials'],
    ['https://control/?a=b', 'query'],
  ])('the address %s is refused', (url, reason) => {
    expect(() => link(['http://127.0.0.1:1', url])).toThrow(reason);
    expect(() => link(['http://127.0.0.1:1', url])).toThrow('node.controlUrls[1]');
    expect(() => link([url])).not.toThrow('pass@');
  });

  test('plain http to other machines has to be allowed, and is warned of', () => {
    link(['http://control.internal:5000'], { allowPlainHttp: true });
    expect(lines).toEqual([expect.stringContaining('plain text')]);
    link(['http://localhost:5000', 'http://[::1]:5000', 'http://127.8.0.1', 'https://control.internal']);
    expect(lines).toHaveLength(1);
  });
});

describe('the way to control over TLS', () => {
  let folder: string;
  const file = (name: string): string => join(folder, name);
  const openssl = (...parts: string[]): unknown => execFileSync('openssl', parts, { cwd: folder, stdio: 'pipe' });
  const issue = (name: string, ca: string): void => {
    openssl(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${name}`,
      '-addext',
      'subjectAltName=IP:127.0.0.1',
    );
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      `${ca}.pem`,
      '-CAkey',
      `${ca}.key`,
      '-days',
      '2',
      '-copy_extensions',
      'copy',
      '-out',
      `${name}.pem`,
    );
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-tls-'));
    for (const ca of ['ca', 'other-ca']) {
      openssl(
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        `${ca}.key`,
        '-out',
        `${ca}.pem`,
        '-days',
        '2',
        '-subj',
        `/CN=${ca}`,
      );
    }
    issue('control', 'ca');
    issue('node', 'ca');
    issue('stranger', 'other-ca');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function secureControl(): Promise<string> {
    const settings = {
      cert: readFileSync(file('control.pem')),
      key: readFileSync(file('control.key')),
      ca: readFileSync(file('ca.pem')),
      requestCert: true,
      rejectUnauthorized: true,
    };
    const server = await control({
      hub: { changes: () => Promise.resolve(nothing) },
      makeServer: (listener) => createSecureServer(settings, listener),
    });
    return `https://127.0.0.1:${server.port}`;
  }

  test('shows its certificate and trusts only the authority it was given', async () => {
    const url = await secureControl();
    const files = { caFile: file('ca.pem'), certFile: file('node.pem'), keyFile: file('node.key') };
    const own = link([url], { tls: await open(files), joinToken: undefined });
    expect(await own.changes(question)).toEqual(nothing);
    const stranger = { ...files, certFile: file('stranger.pem'), keyFile: file('stranger.key') };
    for (const others of [{ ...files, caFile: file('other-ca.pem') }, { ...files, caFile: undefined }, stranger]) {
      const way = link([url], { tls: await open(others) });
      expect(await failureOf(way.changes(question))).toMatchObject({ failure: 'unreachable' });
    }
  });

  test('files that cannot be used are named at the start, and a FIFO is not waited for', async () => {
    const files = { caFile: file('ca.pem'), certFile: file('node.pem'), keyFile: file('node.key') };
    await expect(open({ ...files, caFile: file('missing.pem') })).rejects.toThrow(
      /missing\.pem cannot be read \(ENOENT\)/,
    );
    await expect(open({ ...files, caFile: file('ca.key') })).rejects.toThrow(/ca\.key holds no PEM certificate/);
    await expect(open({ ...files, keyFile: file('stranger.key') })).rejects.toThrow(/node\.pem and .* do not match/);
    execFileSync('mkfifo', [file('fifo')]);
    await expect(open({ ...files, caFile: file('fifo') })).rejects.toThrow(/^node\.caFile: .* is not a regular file/);
  });

  test('takes up certificates that were renewed, and stays with those it has when the new ones cannot be read', async () => {
    const url = await secureControl();
    const files = { caFile: file('ca.pem'), certFile: file('current.pem'), keyFile: file('current.key') };
    const put = (name: string): void => {
      copyFileSync(file(`${name}.pem`), files.certFile);
      copyFileSync(file(`${name}.key`), files.keyFile);
    };
    put('stranger');
    const way = link([url], { tls: await open(files) });
    await failureOf(way.changes(question));
    put('node');
    await expect.poll(() => lines.join()).toContain('reloaded');
    expect(await way.changes(question)).toEqual(nothing);
    copyFileSync(file('stranger.pem'), files.certFile);
    await expect.poll(() => lines.at(-1)).toContain('the last good ones stay in use');
    expect(await way.changes(question)).toEqual(nothing);
  });

  test('an authority that was taken out is not trusted any more', async () => {
    const url = await secureControl();
    const files = { caFile: file('trusted.pem'), certFile: file('node.pem'), keyFile: file('node.key') };
    copyFileSync(file('ca.pem'), files.caFile);
    const way = link([url], { tls: await open(files) });
    expect(await way.changes(question)).toEqual(nothing);
    copyFileSync(file('other-ca.pem'), files.caFile);
    await expect.poll(() => lines.join()).toContain('reloaded');
    expect(await failureOf(way.changes(question))).toMatchObject({ failure: 'unreachable' });
  });
});

/** A matcher with a type that the checker can follow. */
function containing(text: string): unknown {
  return expect.stringContaining(text);
}
