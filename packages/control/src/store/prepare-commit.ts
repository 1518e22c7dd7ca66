import type { Catalogue, FieldValue } from './catalogue.ts';
import { fieldValues, isId } from './catalogue.ts';
import type { Body, Collection, Expectation, Write } from './store.ts';
import { ConflictError } from './store.ts';

/** A write that was checked as far as possible without the store. */
export interface PreparedWrite {
  readonly kind: Write['kind'];
  readonly collection: Collection;
  readonly id: string;
  readonly expect: Expectation;
  /** The body as JSON text. Empty unless this is a put. */
  readonly text: string;
  /** The values of the fields. Empty unless this is a put. */
  readonly fields: Readonly<Record<string, FieldValue>>;
  /** The further condition of a check. */
  readonly holds?: (() => boolean) | undefined;
}

export interface VersionLookup {
  /** Undefined when there is no such document. */
  versionOf(collection: Collection, id: string): number | undefined;
}

/**
 * Checks the writes of a commit. Throws a TypeError or RangeError for values that no store can hold, which is a mistake of the
 * caller, and a ConflictError for a change in an append-only collection.
 */
export function prepareCommit(catalogue: Catalogue, writes: readonly Write[]): readonly PreparedWrite[] {
  const seen = new Set<string>();
  return writes.map((write) => {
    const collection = catalogue.named(write.collection.name);
    const where = `${collection.name}/${write.id}`;
    if (!isId(write.id)) throw new RangeError(`${collection.name}: an id must be 1 to 256 characters without NUL`);
    if (seen.has(where)) throw new Error(`${where} occurs twice in one commit`);
    seen.add(where);
    checkExpectation(where, write.expect);
    checkAppendOnly(collection, write);
    const { kind, id, expect } = write;
    if (kind === 'put') return { kind, collection, id, expect, ...encodeBody(collection, write.body) };
    const holds = kind === 'check' ? write.holds : undefined;
    return { kind, collection, id, expect, text: '', fields: {}, holds };
  });
}

/** The body as JSON text, and the values of its fields. Throws a TypeError or RangeError that names the field. */
export function encodeBody(collection: Collection, body: Body): Pick<PreparedWrite, 'text' | 'fields'> {
  return { text: JSON.stringify(body), fields: fieldValues(collection, body) };
}

/** Throws a ConflictError for the first write whose expectation does not hold. */
export function checkExpectations(writes: readonly PreparedWrite[], stored: VersionLookup): void {
  for (const write of writes) {
    const reason = failedExpectation(write, stored.versionOf(write.collection, write.id));
    if (reason !== undefined) throw new ConflictError({ collection: write.collection.name, id: write.id }, reason);
  }
}

function failedExpectation(write: PreparedWrite, version: number | undefined): ConflictError['reason'] | undefined {
  const { kind, collection, expect, holds } = write;
  if (holds?.() === false) return 'version';
  if (expect === 'absent') return version === undefined ? undefined : 'exists';
  if (expect === 'any')
    return kind === 'put' && collection.appendOnly && version !== undefined ? 'append-only' : undefined;
  if (version === undefined) return 'missing';
  return version === expect ? undefined : 'version';
}

function checkExpectation(where: string, expect: Expectation): void {
  if (typeof expect !== 'number') return;
  if (!Number.isSafeInteger(expect) || expect < 1) throw new RangeError(`${where}: a version is an integer from 1 on`);
}

function checkAppendOnly(collection: Collection, write: Write): void {
  if (!collection.appendOnly || write.kind === 'check') return;
  const allowed = write.kind === 'put' ? typeof write.expect !== 'number' : write.retention === true;
  if (!allowed) throw new ConflictError({ collection: collection.name, id: write.id }, 'append-only');
}
