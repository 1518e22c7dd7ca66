import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { claimStore, StoreInUseError } from './claim-store.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-claim-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a second claim of the same file is refused, and says what to do', async () => {
  const url = `sqlite:${join(folder, 'deep', 'sluice.db')}`;
  const claim = await claimStore(url);
  await expect(claimStore(url)).rejects.toThrow(StoreInUseError);
  await expect(claimStore(url)).rejects.toThrow(/stop that one/);
  claim.release();
  claim.release();
  (await claimStore(url)).release();
});

test('the claim of a killed process is gone with it', async () => {
  const url = `sqlite:${join(folder, 'sluice.db')}`;
  const module = new URL('claim-store.ts', import.meta.url).href;
  const program = `import { claimStore } from ${JSON.stringify(module)};
    await claimStore(${JSON.stringify(url)}); console.log('claimed'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program]);
  await once(child.stdout, 'data');
  await expect(claimStore(url)).rejects.toThrow(StoreInUseError);
  child.kill('SIGKILL');
  await once(child, 'close');
  (await claimStore(url)).release();
});

test('stores that are made to be shared need no claim', async () => {
  const claims = await Promise.all([claimStore('memory:'), claimStore('postgres://h/d'), claimStore('postgres://h/d')]);
  expect(claims).toHaveLength(3);
  for (const claim of claims) claim.release();
});

test('nobody else can read the file of the claim', async () => {
  const file = join(folder, 'sluice.db');
  const claim = await claimStore(`sqlite:${file}`);
  expect((await stat(`${file}-owner`)).mode & 0o777).toBe(0o600);
  claim.release();
});

test('the claim is beside the store, however its address is written', async () => {
  const file = join(folder, 'sluice.db');
  const claim = await claimStore(`sqlite://${relative(process.cwd(), file)}`);
  await expect(claimStore(`sqlite:${file}`)).rejects.toThrow(StoreInUseError);
  claim.release();
});
