import type { GatewayConfig } from '@sluice/model';
import { parseConfig } from '@sluice/model';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { certificateFolder } from '../wire/testing/certificates.ts';
import type { CertificateFolder, TestCertificate } from '../wire/testing/certificates.ts';
import { checkFiles, filesOf, readCertificates } from './files.ts';

let folder: CertificateFolder;
let one: TestCertificate;
let two: TestCertificate;
beforeAll(() => {
  folder = certificateFolder();
  one = folder.make('one', ['one.example', 'www.one.example']);
  two = folder.make('two', ['two.example']);
});
afterAll(() => folder.remove());

function file(name: string, content = 'not PEM'): string {
  const path = join(folder.path, name);
  writeFileSync(path, content);
  return path;
}

function configOf(
  certificates: { certFile: string; keyFile: string; hosts?: string[] }[],
  ...caFiles: string[]
): GatewayConfig {
  const files = certificates.map(({ certFile, keyFile, hosts }) => ({ certFile, keyFile, hosts }));
  const backends = caFiles.map((caFile, index) => ({
    name: `b${index}`,
    url: `https://192.0.2.${index + 1}`,
    tls: { caFile },
  }));
  const parsed = parseConfig({
    proxy: certificates.length === 0 ? {} : { tls: { port: 0, certificates: files } },
    routes: [
      { name: 'one', backends: [{ name: 'plain', url: 'http://192.0.2.99' }] },
      { name: 'two', backends: [{ name: 'plain', url: 'http://192.0.2.99' }, ...backends] },
    ],
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

test('certificates are read with the names they are for', async () => {
  const config = configOf([one, { ...two, hosts: ['other.example'] }], one.certFile);
  expect(await readCertificates(config)).toEqual([
    { cert: one.cert, key: one.key, hosts: ['one.example', 'www.one.example'] },
    { cert: two.cert, key: two.key, hosts: ['other.example'] },
  ]);
  expect(filesOf(config)).toEqual([one.certFile, one.keyFile, two.certFile, two.keyFile]);
});

test('without TLS there is nothing to read', async () => {
  expect(await readCertificates(configOf([]))).toEqual([]);
  expect(filesOf(configOf([]))).toEqual([]);
});

test('all problems are told at once, each with its path', async () => {
  const nowhere = join(folder.path, 'nowhere');
  const locked = join(folder.path, 'locked.key');
  execFileSync('openssl', ['ec', '-in', one.keyFile, '-aes256', '-passout', 'pass:x', '-out', locked], {
    stdio: 'pipe',
  });
  const odd = file('odd.pem');
  const certificates = [
    { certFile: `${nowhere}.crt`, keyFile: `${nowhere}.key` },
    { certFile: one.certFile, keyFile: two.keyFile },
    { certFile: odd, keyFile: one.keyFile },
    { certFile: one.certFile, keyFile: locked },
    one,
  ];
  const at = (index: number) => ['proxy', 'tls', 'certificates', index];
  const ca = (index: number) => ['routes', 1, 'backends', index, 'tls', 'caFile'];
  const notPem = 'the certificate or the key is not valid PEM, or the key is encrypted';
  expect(await checkFiles(configOf(certificates, odd, one.certFile, nowhere, odd))).toEqual([
    { path: [...at(0), 'certFile'], message: `${nowhere}.crt cannot be read (ENOENT)` },
    { path: [...at(0), 'keyFile'], message: `${nowhere}.key cannot be read (ENOENT)` },
    { path: at(1), message: 'the key does not belong to the certificate' },
    { path: at(2), message: notPem },
    { path: at(3), message: notPem },
    { path: ca(1), message: `${odd} holds no PEM certificate` },
    { path: ca(3), message: `${nowhere} cannot be read (ENOENT)` },
  ]);
});

test('a refusal reads as one line, without what is in the files', async () => {
  const secret = file('secret.key', 'a secret that is no key');
  const config = configOf([{ certFile: one.certFile, keyFile: secret }]);
  await expect(readCertificates(config)).rejects.toThrow(
    'proxy.tls.certificates[0]: the certificate or the key is not valid PEM, or the key is encrypted',
  );
});
