export type { Api, ApiOptions } from './api.ts';
export { createApi } from './api.ts';
export type { Peer } from './call.ts';
export { idempotencyKeys } from './idempotency-collection.ts';
