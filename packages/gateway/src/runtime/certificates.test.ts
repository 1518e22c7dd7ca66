import { X509Certificate } from 'node:crypto';
import { tlsOptions } from '@sluice/service/tls-options';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { certificateFolder } from '../wire/testing/certificates.ts';
import type { CertificateFolder, TestCertificate } from '../wire/testing/certificates.ts';
import { Certificates, expiriesOf, namesOf } from './certificates.ts';

let folder: CertificateFolder;
let pairs: Record<'one' | 'two', TestCertificate>;
beforeAll(() => {
  folder = certificateFolder();
  pairs = { one: folder.make('one', ['one.example', '*.one.example']), two: folder.make('two', ['two.example']) };
});
afterAll(() => folder.remove());

/** Certificates for these names; the context of a name is told by the index of its certificate. */
function chooser(...hosts: string[][]) {
  const certificates = new Certificates(tlsOptions({}));
  const given = hosts.map((names, index) => ({ ...(index === 0 ? pairs.one : pairs.two), hosts: names }));
  certificates.replace(given);
  const contexts = hosts.map((names) => certificates.contextFor(names[0].replace('*', 'any')));
  return { certificates, chosenFor: (name: string) => contexts.indexOf(certificates.contextFor(name)) };
}

describe('the certificate for a name', () => {
  test.each([
    { name: 'a.example', index: 0 },
    { name: 'A.Example', index: 0 },
    { name: 'a.example.', index: 0 },
    { name: 'x.b.example', index: 1 },
    { name: 'X.B.Example.', index: 1 },
    { name: 'c.example', index: 2 },
    { name: 'exact.b.example', index: 0 },
    { name: 'x.y.b.example', index: 0 },
    { name: 'b.example', index: 0 },
    { name: 'elsewhere', index: 0 },
    { name: '', index: 0 },
  ])('$name is number $index', ({ name, index }) => {
    const { chosenFor } = chooser(['a.example', 'exact.b.example'], ['*.B.example'], ['C.example.']);
    expect(chosenFor(name)).toBe(index);
  });

  test('is the first that names it', () => {
    const { chosenFor } = chooser(['a.example'], ['c.example', 'a.example']);
    expect(chosenFor('a.example')).toBe(0);
    expect(chosenFor('c.example')).toBe(1);
  });

  test('is another one after an exchange', () => {
    const { certificates } = chooser(['a.example']);
    const before = certificates.contextFor('a.example');
    certificates.replace([{ ...pairs.two, hosts: ['a.example'] }]);
    expect(certificates.contextFor('a.example')).not.toBe(before);
    expect(certificates.first.cert).toBe(pairs.two.cert);
  });
});

test('without certificates there is none to choose', () => {
  const certificates = new Certificates(tlsOptions({}));
  expect(() => certificates.first).toThrow('there is no certificate');
  expect(() => certificates.contextFor('a.example')).toThrow('there is no certificate');
});

test('each name expires with the first certificate that names it', () => {
  const expiries = expiriesOf([
    { ...pairs.one, hosts: ['A.example', '*.b.example'] },
    { ...pairs.two, hosts: ['a.example', 'c.example'] },
    { ...pairs.two, hosts: [] },
  ]);
  const [one, two] = [pairs.one, pairs.two].map(({ cert }) => Date.parse(new X509Certificate(cert).validTo));
  expect(expiries).toEqual([
    { serverName: 'a.example', at: one },
    { serverName: '*.b.example', at: one },
    { serverName: 'c.example', at: two },
    { serverName: '', at: two },
  ]);
  expect(one).toBeGreaterThan(Date.now());
});

test('the names of a certificate are its DNS names', () => {
  expect(namesOf(pairs.one.cert)).toEqual(['one.example', '*.one.example']);
});
