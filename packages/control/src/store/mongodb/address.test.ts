import { expect, test } from 'vitest';
import { mongodbDriver } from './mongodb-driver.ts';

test.each([
  'mongodb://user:pass@word/@host/db',
  'mongodb://',
  'mongodb://user:secret%ZZ@host',
  'mongodb://h/?w=nonsense&x',
])('an address that is none is refused without being shown: %s', async (url) => {
  const refused = mongodbDriver.open({ url, collections: [] });
  await expect(refused).rejects.toThrow(/^store\.url is not an address of MongoDB/);
  await expect(refused).rejects.not.toThrow(/secret|pass@word/);
});
