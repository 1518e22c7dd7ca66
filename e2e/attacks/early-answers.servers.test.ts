import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort, startSluice, until } from '../kit/index.ts';
import type { Sluice } from '../kit/index.ts';
import { keepPosting } from './keep-posting.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-early-'));
const servers: ChildProcess[] = [];
let sluice: Sluice;

beforeAll(async () => {
  const ports = { nginx: await freePort(), haproxy: await freePort() };
  await start(ports.nginx, 'nginx', ['-p', folder, '-e', 'stderr', '-c', file('nginx.conf', nginxConfig(ports.nginx))]);
  await start(ports.haproxy, 'haproxy', ['-db', '-f', file('haproxy.cfg', haproxyConfig(ports.haproxy))]);
  const routes = Object.entries(ports).map(([name, port]) => ({
    name,
    pathPattern: `/${name}/**`,
    ejection: { consecutiveFailures: 0 },
    backends: [{ name, url: `http://127.0.0.1:${port}` }],
  }));
  sluice = await startSluice({ proxy: { workers: 1 }, routes });
});
afterAll(async () => {
  await sluice.stop();
  for (const server of servers) server.kill();
  rmSync(folder, { recursive: true, force: true });
});

test.each([
  { path: '/nginx/denied', status: 401 },
  { path: '/nginx/limited', status: 413 },
  { path: '/haproxy/denied', status: 403 },
])('no POST to $path that is refused before its body is read fails', async ({ path, status }) => {
  const statuses = await keepPosting(sluice.proxyPort, path);
  expect(statuses.filter((each) => each !== status)).toEqual([]);
});

function nginxConfig(port: number): string {
  return `daemon off; pid nginx.pid; events {}
http {
  access_log off; client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  server {
    listen 127.0.0.1:${port};
    location /nginx/denied { return 401; }
    location /nginx/limited { client_max_body_size 1k; proxy_pass http://127.0.0.1:1; }
  }
}`;
}

function haproxyConfig(port: number): string {
  return `defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend all
  bind 127.0.0.1:${port}
  http-request deny deny_status 403
`;
}

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

/** Runs a server in the foreground until it takes connections. */
async function start(port: number, command: string, args: readonly string[]): Promise<void> {
  const server = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  servers.push(server);
  let said = '';
  server.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()));
  const answers = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}`).then(
      () => true,
      () => false,
    );
  await until(`${command} to answer`, answers, { detail: () => said });
}
