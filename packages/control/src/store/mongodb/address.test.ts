import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mongodbDriver } from './mongodb-driver.ts';

test.each([
  'mongodb://user:pass@word/@host/db',
  'mongodb://',
  'mongodb://user:secret%ZZ@host',
  'mongodb://h/?w=nonsense&x',
])('an address that is none is refused without being shown: %s', async (url) => {
  const refused = mongodbDriver.open({ url, collections: [] });
  await expect(refused).rejects.toThrow(/^store\.url is not a valid MongoDB address/);
  await expect(refused).rejects.not.toThrow(/secret|pass@word/);
});

test('a file of TLS that is none is refused by name, and not waited for', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-mongodb-'));
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  for (const name of ['tlsCAFile', 'tlsCertificateKeyFile']) {
    const url = `mongodb://127.0.0.1:1/db?tls=true&${name}=${join(folder, 'fifo')}`;
    await expect(mongodbDriver.open({ url, collections: [] })).rejects.toThrow(
      /^store\.url: .*fifo is not a regular file$/,
    );
  }
  rmSync(folder, { recursive: true });
});
