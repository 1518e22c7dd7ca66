import type { JsonValue } from '../values/json-value.ts';

/** A value that nobody changes, however deep. */
export type Immutable<T> = [JsonValue] extends [T]
  ? T
  : T extends object
    ? { readonly [K in keyof T]: Immutable<T[K]> }
    : T;
