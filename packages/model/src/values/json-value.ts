/** What JSON can say. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** A document: a route or a backend as it is stored and sent, in the input form of its schema. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}
