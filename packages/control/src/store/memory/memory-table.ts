import type { FieldValue } from '../catalogue.ts';
import { compareValues } from '../compare-values.ts';
import type { PreparedWrite } from '../prepare-commit.ts';
import type { PreparedQuery } from '../prepare-query.ts';
import { fulfils } from '../prepare-query.ts';
import type { Body, Collection, Found, Stored } from '../store.ts';
import { ConflictError } from '../store.ts';

type Fields = Readonly<Record<string, FieldValue>>;

interface Row {
  readonly document: Stored;
  readonly fields: Fields;
}

/** A document to be added, with its body as JSON text. */
export interface Incoming {
  readonly id: string;
  readonly version: number;
  readonly text: string;
  readonly fields: Fields;
}

/** The documents of one collection, and the holders of its unique values. */
export class MemoryTable {
  readonly #collection: Collection;
  readonly #rows = new Map<string, Row>();
  readonly #holders: ReadonlyMap<string, Map<FieldValue, string>>;

  constructor(collection: Collection) {
    this.#collection = collection;
    this.#holders = new Map(collection.unique.map((field) => [field, new Map<FieldValue, string>()]));
  }

  get(id: string): Stored | undefined {
    return this.#rows.get(id)?.document;
  }

  /** All documents, sorted by id. */
  sorted(): readonly Stored[] {
    const documents = [...this.#rows.values()].map(({ document }) => document);
    return documents.toSorted((a, b) => compareValues(a.id, b.id));
  }

  find({ conditions, orderBy, descending, limit, offset }: PreparedQuery): Found {
    const found = [...this.#rows.values()].filter((row) =>
      conditions.every((condition) => fulfils(valueOf(row, condition.field), condition, compareValues)),
    );
    const direction = descending ? -1 : 1;
    found.sort(
      (a, b) =>
        direction *
        (compareValues(valueOf(a, orderBy), valueOf(b, orderBy)) || compareValues(a.document.id, b.document.id)),
    );
    return { items: found.slice(offset, offset + limit).map(({ document }) => document), total: found.length };
  }

  /** Throws a ConflictError when two documents would hold the same unique value after these writes. */
  refuseTaken(writes: readonly PreparedWrite[]): void {
    const letGo = new Set(writes.map(({ id }) => id));
    for (const [field, holders] of this.#holders) {
      const claimed = new Set<FieldValue>();
      for (const { kind, id, fields } of writes) {
        const value = fields[field] ?? null;
        if (kind !== 'put' || value === null) continue;
        const holder = holders.get(value);
        if (claimed.has(value) || (holder !== undefined && !letGo.has(holder))) throw this.#taken(id, field);
        claimed.add(value);
      }
    }
  }

  /** Carries out writes that were checked. */
  apply(writes: readonly PreparedWrite[]): void {
    const versions = writes.map(({ id }) => this.get(id)?.version ?? 0);
    for (const { id } of writes) this.#remove(id);
    for (const [index, { kind, id, text, fields }] of writes.entries()) {
      if (kind === 'put') this.add({ id, version: (versions[index] ?? 0) + 1, text, fields });
    }
  }

  /** Adds a document. Throws a ConflictError when its id or a unique value is taken. */
  add({ id, version, text, fields }: Incoming): void {
    if (this.#rows.has(id)) throw new ConflictError({ collection: this.#collection.name, id }, 'exists');
    for (const [field, holders] of this.#holders) {
      const value = fields[field] ?? null;
      if (value === null) continue;
      if (holders.has(value)) throw this.#taken(id, field);
      holders.set(value, id);
    }
    const body = freeze(JSON.parse(text)) as Body;
    this.#rows.set(id, { document: Object.freeze({ id, version, body }), fields });
  }

  #remove(id: string): void {
    const row = this.#rows.get(id);
    if (row === undefined) return;
    for (const [field, holders] of this.#holders) holders.delete(row.fields[field] ?? null);
    this.#rows.delete(id);
  }

  #taken(id: string, field: string): ConflictError {
    return new ConflictError({ collection: this.#collection.name, id }, 'unique', field);
  }
}

function valueOf({ document, fields }: Row, field: string): FieldValue {
  return field === 'id' ? document.id : (fields[field] ?? null);
}

function freeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) freeze(inner);
  return Object.freeze(value);
}
