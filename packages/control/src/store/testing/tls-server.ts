import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import type { Server, TlsOptions } from 'node:tls';
import { replaceFile } from '@sluice/service/testing';

/** A server that is trusted or not: it counts who sends anything over TLS, and hangs up. */
export interface TlsServer {
  readonly server: Server;
  readonly port: number;
  /** How often somebody has trusted it. */
  trusted: number;
  /** A path in its folder, which holds its own certificate `server.pem`, and `other.pem`. */
  file(name: string): string;
  /** Puts a copy of one file in the place of another by a rename, as tools that renew certificates do. */
  replace(name: string, by: string): void;
  close(): void;
}

/** Starts one on a free port of this machine. */
export async function startTlsServer(options: TlsOptions = {}): Promise<TlsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-store-tls-'));
  const file = (name: string): string => join(folder, name);
  for (const name of ['server', 'other']) makeCertificate(file(name), name);
  const pair = { cert: readFileSync(file('server.pem')), key: readFileSync(file('server.key')) };
  const server = createServer({ ...pair, ...options }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      started.trusted++;
      socket.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const started: TlsServer = {
    server,
    port: (server.address() as AddressInfo).port,
    trusted: 0,
    file,
    replace(name, by) {
      replaceFile(file(name), readFileSync(file(by)));
    },
    close() {
      server.close();
      rmSync(folder, { recursive: true });
    },
  };
  return started;
}

function makeCertificate(path: string, name: string): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${path}.key`];
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', ...key, '-days', '2', ...subject, '-out', `${path}.pem`], { stdio: 'pipe' });
}
