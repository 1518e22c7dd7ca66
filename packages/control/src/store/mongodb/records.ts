import type { Db, Collection as MongoCollection } from 'mongodb';

/** The end of versions that are not replaced, and the beginning of versions that are not applied. */
export const forever = Number.MAX_SAFE_INTEGER;

/** The key of a field in a version. */
export type FieldKey = `f_${string}`;

/** One version of a document, in the table of its collection. Only `from` and `to` change, each of them once. */
export interface VersionRecord {
  /** The commit and the id, because a commit writes a document once. */
  readonly _id: string;
  readonly commit: string;
  /** The part of the commit. Parts are applied one after the other, so that no step takes long. */
  readonly part: number;
  /** The sequence that its commit was checked against. It can only become commit `base + 1`. */
  readonly base: number;
  readonly id: string;
  readonly version: number;
  /** The version that it replaces. */
  readonly replaces?: Pick<VersionRecord, '_id' | 'commit' | 'part'>;
  /** The sequence at which it begins; `forever` while its commit is not applied. */
  readonly from: number;
  /** The sequence at which it ends; 0 for the removal of a document. */
  readonly to: number;
  /** The fields, without absent ones. They are at the top level, because FerretDB lets PostgreSQL search only there. */
  readonly [field: FieldKey]: string | number | boolean;
  /** The body as JSON text, so that keys with `$` or `.` and nested lists work on every server. */
  readonly body: string;
}

/** An entry of the log. Once it exists, its commit has happened. */
export interface CommitRecord {
  /** The key of its sequence. */
  readonly _id: string;
  readonly commit: string;
  /** The tables with its versions, and the number of parts in each. */
  readonly tables: readonly { readonly name: string; readonly parts: number }[];
  /** The id of a new table set that takes effect with this commit. */
  readonly generation?: string;
}

/** The most versions in a part of a commit. */
export const partSize = 1000;

/** Says that a commit is applied. Only the greatest key counts. */
export interface AppliedRecord {
  /** The key of its sequence. */
  readonly _id: string;
  /** The id of the table set. */
  readonly generation: string;
  /** The sequence at which the table set took effect. */
  readonly since: number;
}

/** Says that versions which ended at or before this sequence may be missing. Only the greatest key counts. */
export interface TrimmedRecord {
  readonly _id: string;
}

/** A table set: its tables, and the migrations applied to them. Never changes. */
export interface GenerationRecord {
  readonly _id: string;
  /** The table of each collection. */
  readonly tables: Readonly<Record<string, string>>;
  readonly migrations: readonly {
    readonly version: number;
    readonly name: string;
    /** As JSON text. */
    readonly layout: string;
  }[];
}

/** The lock of migrations. */
export interface LockRecord {
  readonly _id: string;
  readonly owner: string;
  /** Milliseconds since 1970. The lock is free after that. */
  readonly until: number;
}

/** The collections of the store in its database. */
export interface Database {
  readonly db: Db;
  readonly commits: MongoCollection<CommitRecord>;
  readonly applied: MongoCollection<AppliedRecord>;
  readonly trimmed: MongoCollection<TrimmedRecord>;
  readonly generations: MongoCollection<GenerationRecord>;
  readonly locks: MongoCollection<LockRecord>;
  table(name: string): MongoCollection<VersionRecord>;
}

/** Names the collections of the store. Makes none. */
export function namedDatabase(db: Db): Database {
  return {
    db,
    commits: db.collection('sluice_commits'),
    applied: db.collection('sluice_applied'),
    trimmed: db.collection('sluice_trimmed'),
    generations: db.collection('sluice_generations'),
    locks: db.collection('sluice_locks'),
    table: (name) => db.collection(name),
  };
}

/** A sequence as an `_id`: text that sorts like the number. */
export function sequenceKey(sequence: number): string {
  return String(sequence).padStart(16, '0');
}

/** The condition for the versions at a sequence. */
export function visibleAt(sequence: number): { readonly from: object; readonly to: object } {
  return { from: { $lte: sequence }, to: { $gt: sequence } };
}

export function fieldKey(field: string): FieldKey {
  return `f_${field}`;
}

/** The fields of a version, without absent ones. */
export function presentFields(
  fields: Readonly<Record<string, string | number | boolean | null>>,
): Readonly<Record<FieldKey, string | number | boolean>> {
  const present: Record<FieldKey, string | number | boolean> = {};
  for (const [field, value] of Object.entries(fields)) {
    if (value !== null) present[fieldKey(field)] = value;
  }
  return present;
}
