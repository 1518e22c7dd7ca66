import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeConformance } from '../testing/conformance.ts';
import { createSqliteDriver } from './sqlite-driver.ts';

storeConformance('SQLite', {
  createPlace: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-store-'));
    return { url: `sqlite:${join(folder, 'store.db')}`, remove: () => rm(folder, { recursive: true }) };
  },
  driver: createSqliteDriver,
  persistent: true,
});
