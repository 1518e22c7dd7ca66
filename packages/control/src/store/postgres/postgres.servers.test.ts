import { afterAll, beforeAll } from 'vitest';
import { storeConformance } from '../testing/conformance.ts';
import { createPostgresDriver } from './postgres-driver.ts';
import { startPostgres } from './testing/start-postgres.ts';
import type { TestPostgres } from './testing/start-postgres.ts';

let server: TestPostgres;
let places = 0;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

storeConformance('PostgreSQL', {
  createPlace: async () => ({ url: server.url(`place${places++}`), remove: async () => undefined }),
  driver: createPostgresDriver,
  persistent: true,
});
