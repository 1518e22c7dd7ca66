/** Any value of JSON. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** Any object of JSON. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}
