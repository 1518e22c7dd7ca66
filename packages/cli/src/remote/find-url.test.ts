import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { noArguments } from '../command/command.ts';
import { findUrl, isReadableOnTheWay } from './find-url.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'url-'));
});
afterEach(() => rm(cwd, { recursive: true }));

function find(url?: string, env = {}): Promise<string> {
  const context = { stdout: { write: () => true }, stderr: { write: () => true }, env, cwd };
  return findUrl({ ...noArguments, options: { url } }, context);
}

test('the flag wins over the environment, and that over the configuration of the folder', async () => {
  expect(await find()).toBe('http://127.0.0.1:5000');
  await writeFile(join(cwd, 'sluice.yaml'), 'management: { host: 0.0.0.0, port: 5001 }\n');
  expect(await find()).toBe('http://127.0.0.1:5001');
  expect(await find(undefined, { SLUICE__MANAGEMENT__HOST: '::' })).toBe('http://[::1]:5001');
  expect(await find(undefined, { SLUICE_URL: 'https://gate:5000/' })).toBe('https://gate:5000');
  expect(await find('http://other:1/below/', { SLUICE_URL: 'https://gate' })).toBe('http://other:1/below');
});

test('TLS on the management port means https', async () => {
  const tls = '{ certFile: a.pem, keyFile: b.pem }';
  await writeFile(join(cwd, 'sluice.yaml'), `management: { host: 10.0.0.1, tls: ${tls} }\n`);
  expect(await find()).toBe('https://10.0.0.1:5000');
});

test('a configuration that is not valid does not tell the address', async () => {
  await writeFile(join(cwd, 'sluice.yaml'), 'managment: {}\n');
  await expect(find()).rejects.toThrow('sluice.yaml is not valid');
});

test.each(['localhost:5000', 'ftp://gate', 'gate', 'http://ada:secret@gate', 'http://gate/?token=secret', ''])(
  'the address %j is refused and not repeated',
  async (url) => {
    const refusal = await find(url).then(
      () => 'accepted',
      (error: Error) => error.message,
    );
    expect(refusal).toMatch(/^--url/);
    expect(refusal).not.toContain('secret');
  },
);

test.each([
  ['http://127.0.0.1:5000', false],
  ['http://localhost:5000', false],
  ['http://[::1]:5000', false],
  ['https://gate', false],
  ['http://gate', true],
  ['http://10.0.0.1', true],
  ['http://127.0.0.1.example.com', true],
  ['http://localhost.example.com', true],
])('what is sent to %s can be read on the way: %s', (url, readable) => {
  expect(isReadableOnTheWay(url)).toBe(readable);
});

test('a mistyped variable is told, also when the address is given', async () => {
  await expect(find('http://gate', { SLUICE_TOKN: 'secret' })).rejects.toThrow(
    /^SLUICE_TOKN .*did you mean SLUICE_TOKEN\?$/,
  );
  await expect(find(undefined, { SLUICE_UR: 'http://gate' })).rejects.toThrow('did you mean SLUICE_URL?');
});
