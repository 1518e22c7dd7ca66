export { createSqliteDriver, sqliteDriver } from './sqlite-driver.ts';
