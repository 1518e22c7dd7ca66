export { defineCollection } from './store/collections.ts';
