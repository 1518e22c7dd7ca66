import { storeConformance } from '../testing/conformance.ts';
import { memoryDriver } from './memory-driver.ts';

storeConformance('memory', {
  createPlace: async () => ({ url: 'memory:', remove: async () => undefined }),
  driver: () => memoryDriver,
  persistent: false,
});
