import { allCollections, createAccess, openStore } from '@sluice/control';
import { parseConfig } from '@sluice/model';
import { createLogger } from '@sluice/service';
import { join } from 'node:path';

/** Makes the store of a folder as the first start does, with an `admin` unless told otherwise; the usual one of a folder without a configuration. */
export async function makeStore(folder: string, { hasAdmin = true } = {}): Promise<void> {
  const parsed = parseConfig({});
  if (!parsed.ok) throw new Error('the empty configuration is not valid');
  const url = `sqlite:${join(folder, '.sluice/sluice.db')}`;
  const store = await openStore({ url, collections: allCollections });
  const log = createLogger({ output: process.stderr, level: 'warn' });
  const access = createAccess({ store, config: parsed.config.access, clock: Date.now, log });
  if (hasAdmin) await access.bootstrap({ adminPassword: 'the first password' });
  await access.close();
  await store.close();
}
