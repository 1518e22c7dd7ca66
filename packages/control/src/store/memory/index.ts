export { createMemoryStore, memoryDriver } from './memory-store.ts';
