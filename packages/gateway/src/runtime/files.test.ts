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

test('each kind of file that a route names is read as it will be used', async () => {
  const path = (name: string): string => join(folder.path, name);
  const good = file('good.htpasswd', `alice:$2y$04$${'a'.repeat(53)}\n`);
  const weak = file('weak.htpasswd', 'alice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n');
  const short = file('short.secret', 'short');
  const empty = file('empty.secret', '');
  const odd = file('odd-ca.pem', 'not PEM');
  file('token', 'two\nlines');
  const issuer = { issuer: 'https://id.example', clientId: 'web', publicUrl: 'https://a.example' };
  const methods: object[] = [
    { type: 'basic', usersFile: good },
    { type: 'basic', usersFile: weak },
    { type: 'jwt', secretFile: short, algorithms: ['HS256'] },
    { type: 'jwt', publicKeyFile: path('gone.pem'), algorithms: ['EdDSA'] },
    { type: 'mtls', caFile: odd },
    { type: 'jwt', jwksUrl: 'https://id.example/jwks', caFile: path('gone-ca.pem'), algorithms: ['EdDSA'] },
    { type: 'introspection', url: 'https://id.example/i', clientId: 'gw', clientSecretFile: empty },
    { type: 'external', url: 'https://id.example/check', caFile: one.keyFile },
    { type: 'oidc', ...issuer, clientSecretFile: path('gone.secret'), cookieSecretFile: path('gone.cookie') },
  ];
  const parsed = parseConfig({
    node: { filesFolder: folder.path },
    routes: methods.map((method, index) => ({
      name: `r${index}`,
      pathPattern: `/r${index}/**`,
      authentication: { methods: [method] },
      transformations: { request: { addHeaders: { 'x-token': index === 0 ? '${secret:token}' : 'a' } } },
      backends: [{ name: 'b', url: 'http://192.0.2.1' }],
    })),
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const found = (await checkFiles(parsed.config)).map((problem) => [problem.path.slice(1).join('.'), problem.message]);
  const at = (index: number, field: string): string => `${index}.authentication.methods.0.${field}`;
  expect(found).toEqual([
    [at(1, 'usersFile'), expect.stringMatching(`^${weak} line 1: the password is hashed by SHA-1`)],
    [at(2, 'secretFile'), expect.stringMatching(`^${short} `)],
    [at(3, 'publicKeyFile'), `${path('gone.pem')} cannot be read (ENOENT)`],
    [at(4, 'caFile'), `${odd} holds no PEM certificate, or one that cannot be read`],
    [at(5, 'caFile'), `${path('gone-ca.pem')} cannot be read (ENOENT)`],
    [at(6, 'clientSecretFile'), `${empty} is empty`],
    [at(7, 'caFile'), `${one.keyFile} holds no PEM certificate, or one that cannot be read`],
    [at(8, 'clientSecretFile'), `${path('gone.secret')} cannot be read (ENOENT)`],
    [at(8, 'cookieSecretFile'), `${path('gone.cookie')} cannot be read (ENOENT)`],
    ['0.transformations.request.addHeaders.x-token', expect.stringMatching('^token cannot be in a header')],
  ]);
});
