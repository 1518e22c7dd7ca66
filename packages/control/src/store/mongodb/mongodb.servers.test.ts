import { afterAll, beforeAll } from 'vitest';
import { storeConformance } from '../testing/conformance.ts';
import { createMongodbDriver } from './mongodb-driver.ts';
import { startFerretdb } from './testing/start-ferretdb.ts';
import type { TestFerretdb } from './testing/start-ferretdb.ts';

let server: TestFerretdb;
let places = 0;

beforeAll(async () => {
  server = await startFerretdb();
});
afterAll(() => server.stop());

storeConformance('MongoDB', {
  persistent: true,
  // FerretDB, which stands in, takes 90 s for 20,000 on two cores, and on busy ones too long for a call.
  largeCommit: 4000,
  driver: (migrations) => createMongodbDriver(migrations),
  createPlace: async () => ({ url: server.url(`place${places++}`), remove: async () => undefined }),
});
