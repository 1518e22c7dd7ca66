import { formatPath } from '@sluice/model';
import { isDeepStrictEqual } from 'node:util';

/** A JSON object as it comes from the API. */
export type Document = Readonly<Record<string, unknown>>;

/** One field that is different; `before` is undefined when it was not there, `after` when it is not there any more. */
export interface ChangedField {
  /** Such as `priority`, `backends.one.weight`. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** The fields in which two documents differ, as deep as both have them. Items with a name are compared by it. */
export function changedFields(before: Document, after: Document): readonly ChangedField[] {
  return fieldsBetween(before, after, []);
}

function fieldsBetween(before: Document, after: Document, path: readonly string[]): ChangedField[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => valuesBetween(before[key], after[key], [...path, key]));
}

function valuesBetween(before: unknown, after: unknown, path: string[]): ChangedField[] {
  if (isDeepStrictEqual(before, after)) return [];
  const [one, other] = [asDocument(before), asDocument(after)];
  if (one !== undefined && other !== undefined) {
    const deeper = fieldsBetween(one, other, path);
    // Named items in another order: nothing in them is different, the order is.
    return deeper.length > 0 ? deeper : [{ path: formatPath(path), before: order(before), after: order(after) }];
  }
  return [{ path: formatPath(path), before, after }];
}

/** An object, or a list whose items all have names of their own, as an object by those. */
function asDocument(value: unknown): Document | undefined {
  if (!Array.isArray(value)) return isObject(value) ? value : undefined;
  const names = value.map((item: unknown) => nameOf(item));
  if (names.length === 0 || names.includes(undefined) || new Set(names).size < names.length) return undefined;
  return Object.fromEntries(value.map((item: unknown, index) => [names[index]!, item]));
}

function nameOf(item: unknown): string | undefined {
  const name = isObject(item) ? (item['name'] ?? item['backendId']) : undefined;
  return typeof name === 'string' ? name : undefined;
}

function order(value: unknown): unknown {
  return Array.isArray(value) ? value.map((item: unknown) => nameOf(item) ?? item) : value;
}

function isObject(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
