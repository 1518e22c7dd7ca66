import { expect, test } from 'vitest';
import { parseAddress } from './address.ts';
import { refuseUnfit } from './postgres-driver.ts';

test('the schema is taken out of the URL, the rest is the library’s', () => {
  expect(parseAddress('postgres://u:p%40@h:5433/db?schema=sluice&sslmode=verify-full')).toEqual({
    connectionString: 'postgres://u:p%40@h:5433/db?sslmode=verify-full',
    schema: 'sluice',
    tls: undefined,
  });
  const plain = 'postgresql://u@h/db?application_name=x';
  expect(parseAddress(plain)).toEqual({ connectionString: plain, schema: undefined, tls: undefined });
});

test('files of TLS are not left to the library, nor what is said beside them', () => {
  const files = { ca: '/a/ca.pem', cert: 'b.pem', key: 'b.key' };
  const named = 'sslrootcert=/a/ca.pem&sslcert=b.pem&sslkey=b.key';
  expect(parseAddress(`postgres://h/db?${named}&sslmode=require&sslnegotiation=direct&application_name=x`)).toEqual({
    connectionString: 'postgres://h/db?application_name=x',
    schema: undefined,
    tls: { files, verification: {}, direct: true },
  });
  const off = parseAddress(`postgres://h/db?${named}&sslmode=disable`);
  expect(off).toEqual({ connectionString: 'postgres://h/db?sslmode=disable', schema: undefined, tls: undefined });
});

test.each([
  ['sslmode=no-verify', { rejectUnauthorized: false }],
  ['sslmode=verify-ca', {}],
  ['sslmode=verify-ca&uselibpqcompat=true', { checkServerIdentity: expect.any(Function) as unknown }],
  ['sslmode=require&uselibpqcompat=true', { checkServerIdentity: expect.any(Function) as unknown }],
  ['sslmode=prefer&uselibpqcompat=true', { rejectUnauthorized: false }],
  ['sslmode=verify-full&uselibpqcompat=true', {}],
])('the server is judged by %s as the library does', (mode, verification) => {
  expect(parseAddress(`postgres://h/db?sslrootcert=ca.pem&${mode}`).tls?.verification).toEqual(verification);
});

test.each([
  'postgres://u:hunter2@h:port/db',
  'postgres://u:hunter2@h/db?schema=a"b',
  'postgres://u:hunter2@h/db?schema=',
])('a wrong URL is refused without its password: %s', (url) => {
  expect(() => parseAddress(url)).toThrow(/^store\.url/);
  expect(() => parseAddress(url)).not.toThrow(/hunter2/);
});

test('an old server and another encoding are refused with both versions', () => {
  expect(() => refuseUnfit('14.11 (Debian 14.11-1)', 'UTF8')).toThrow('needs PostgreSQL 15 or newer; this is 14.11');
  expect(() => refuseUnfit('16.1', 'LATIN1')).toThrow('encoding UTF8; this has LATIN1');
  expect(() => refuseUnfit('15.0', 'UTF8')).not.toThrow();
  expect(() => refuseUnfit('18beta1', 'UTF8')).not.toThrow();
});
