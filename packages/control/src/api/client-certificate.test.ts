import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { certifiedNames, namesIn } from './client-certificate.ts';

let folder: string;
const file = (name: string): string => join(folder, name);
const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'client-certificate-'));
  openssl('req', '-x509', ...newKey, '-subj', '/CN=authority', '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2');
  sign('client', 'subjectAltName=DNS:node-1.internal,URI:spiffe://prod/node-1\nextendedKeyUsage=clientAuth');
  sign('server', 'extendedKeyUsage=serverAuth');
  sign('any', 'basicConstraints=CA:FALSE');
});
afterAll(() => rmSync(folder, { recursive: true }));

function sign(name: string, extensions: string): void {
  writeFileSync(file(`${name}.ext`), extensions);
  openssl('req', ...newKey, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
  const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2'];
  openssl('x509', '-req', '-in', `${name}.csr`, ...by, '-extfile', `${name}.ext`, '-out', `${name}.pem`);
}

async function namesOf(client: string | undefined): Promise<readonly string[] | undefined> {
  const read = (name: string): Buffer => readFileSync(file(name));
  const ca = read('ca.pem');
  const own = { cert: read('server.pem'), key: read('server.key') };
  const server = createServer({ ...own, ca, requestCert: true, rejectUnauthorized: false }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const shown = client === undefined ? {} : { cert: read(`${client}.pem`), key: read(`${client}.key`) };
  const socket = connect({ port, host: '127.0.0.1', ...shown, rejectUnauthorized: false });
  const [accepted] = (await once(server, 'secureConnection')) as [TLSSocket];
  const names = certifiedNames(accepted);
  for (const one of [socket, accepted]) one.destroy();
  server.close();
  return names;
}

test('a certificate for clients tells its names', async () => {
  expect(await namesOf('client')).toEqual(['client', 'node-1.internal', 'node-1']);
});

test.each(['server', 'any', undefined])(
  'one for something else, for anything, or none (%s) is none of a node',
  async (name) => {
    expect(await namesOf(name)).toBeUndefined();
  },
);

test('a name with odd characters is passed over, and hides none', () => {
  const subjectaltname = String.raw`DNS:"a, DNS:b", DNS:c, IP Address:10.0.0.1, URI:spiffe://x/d`;
  expect(namesIn({ subject: { CN: ['x', 'y'] }, subjectaltname })).toEqual(['x', 'y', 'c', 'd']);
});
