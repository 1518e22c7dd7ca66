import { X509Certificate } from 'node:crypto';
import { afterAll, expect, test, vi } from 'vitest';
import { certificateFolder } from '../../wire/testing/certificates.ts';
import { certificateFault } from './client-certificate.ts';

const folder = certificateFolder();
afterAll(() => folder.remove());
const authority = ['basicConstraints=critical,CA:TRUE'];
const root = folder.issue('root', '/CN=root', authority);
const middle = folder.issue('middle', '/CN=middle', authority, root);
const client = folder.issue('client', '/CN=client', ['extendedKeyUsage=clientAuth'], middle);
const other = folder.issue('other', '/CN=other', authority);
const [rootRead, middleRead, leaf, otherRead] = [root, middle, client, other].map(
  ({ cert }) => new X509Certificate(cert),
);
const now = Date.now();

test.each([
  ['the authority has issued it', [], [middleRead], undefined],
  ['a certificate between them was sent', [otherRead, middleRead], [rootRead], undefined],
  ['the certificate between them is missing', [], [rootRead], 'no authority of this route has issued the certificate'],
  [
    'another authority has the same look',
    [middleRead],
    [otherRead],
    'no authority of this route has issued the certificate',
  ],
])('%s', (_name, others, authorities, fault) => {
  expect(certificateFault({ leaf, others }, authorities, now)).toBe(fault);
});

test('certificates that issue each other are looked at once', () => {
  const verify = vi.spyOn(X509Certificate.prototype, 'verify');
  const others = [middleRead, ...Array.from({ length: 12 }, () => new X509Certificate(root.cert))];
  expect(certificateFault({ leaf, others }, [otherRead], now)).toBeDefined();
  expect(verify.mock.calls.length).toBeLessThan(100);
  verify.mockRestore();
});
