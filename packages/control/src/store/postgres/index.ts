export { createPostgresDriver, postgresDriver } from './postgres-driver.ts';
