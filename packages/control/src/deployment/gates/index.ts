export type { Gates, GatesOptions } from './gates.ts';
export { createGates } from './gates.ts';
