export { mongodbDriver } from './mongodb-driver.ts';
