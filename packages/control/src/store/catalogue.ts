import type { Body, Collection, FieldType } from './store.ts';

/** The value of a field; null when the document lacks it. */
export type FieldValue = string | number | boolean | null;

/**
 * The most characters (UTF-16 units) of text in a field. Together with the longest id, it fits in an index entry of PostgreSQL,
 * which has at most 2704 bytes.
 */
export const maxFieldText = 512;

/** The most characters of an id. */
export const maxId = 256;

// Names of tables, indexes and columns are made of these. PostgreSQL cuts names at 63 bytes.
const namePattern = /^[a-z][a-zA-Z0-9_]{0,28}$/;
// The columns of every table, the system columns of databases, and the table of migrations.
const reserved = new Set('id version body sort migrations rowid oid tableoid xmin cmin xmax cmax ctid'.split(' '));

/** The checked collections of a store. */
export interface Catalogue {
  /** Sorted by name. */
  readonly collections: readonly Collection[];
  /** The collection with this name. Throws an Error when there is none. */
  named(name: string): Collection;
}

/** Checks names, fields and unique fields. Throws an Error that says what is wrong. */
export function createCatalogue(collections: readonly Collection[]): Catalogue {
  const byName = new Map<string, Collection>();
  for (const collection of collections) {
    checkCollection(collection);
    if (byName.has(collection.name.toLowerCase()))
      throw new Error(`there are two collections named ${collection.name}`);
    byName.set(collection.name.toLowerCase(), collection);
  }
  return {
    collections: [...byName.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    named(name) {
      const found = byName.get(name.toLowerCase());
      if (found?.name !== name) throw new Error(`the store has no collection named ${JSON.stringify(name)}`);
      return found;
    },
  };
}

/** The values of the fields in a body. Throws a TypeError or RangeError that names the field. */
export function fieldValues(collection: Collection, body: Body): Readonly<Record<string, FieldValue>> {
  const values: Record<string, FieldValue> = {};
  for (const [field, type] of Object.entries(collection.fields)) {
    values[field] = fieldValue(`${collection.name}: ${field}`, type, body[field]);
  }
  return values;
}

/** Whether a text can be an id: 1 to 256 characters, well-formed, without NUL. */
export function isId(id: string): boolean {
  return id.length > 0 && id.length <= maxId && isPlainText(id);
}

/** Whether every store can index the text: PostgreSQL has no NUL, and UTF-8 has no lone surrogates. */
export function isPlainText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

function checkCollection({ name, fields, unique }: Collection): void {
  const names = [name, ...Object.keys(fields)];
  for (const each of names) {
    if (!namePattern.test(each) || reserved.has(each)) {
      throw new Error(`collection ${name}: ${JSON.stringify(each)} cannot be the name of a collection or field`);
    }
  }
  if (new Set(Object.keys(fields).map((field) => field.toLowerCase())).size < Object.keys(fields).length) {
    throw new Error(`collection ${name}: fields must differ in more than upper and lower case`);
  }
  const unknown = unique.find((field) => !Object.hasOwn(fields, field));
  if (unknown !== undefined) throw new Error(`collection ${name}: ${unknown} is unique but not among the fields`);
}

function fieldValue(where: string, type: FieldType, value: unknown): FieldValue {
  if (value === undefined || value === null) return null;
  if (type === 'text' && typeof value === 'string') {
    if (value.length > maxFieldText) throw new RangeError(`${where} must have at most ${maxFieldText} characters`);
    if (!isPlainText(value)) throw new RangeError(`${where} must be well-formed text without NUL`);
    return value;
  }
  if (type === 'number' && typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError(`${where} must be a finite number`);
    return value;
  }
  if (type === 'boolean' && typeof value === 'boolean') return value;
  throw new TypeError(`${where} must be ${type === 'text' ? 'text' : `a ${type}`}, not ${typeof value}`);
}
