import type { Db, Collection as MongoCollection } from 'mongodb';

/** The sequence at which versions end that have not been replaced, and begin that are not applied. */
export const forever = Number.MAX_SAFE_INTEGER;

/** Where a version has the value of a field. */
export type FieldKey = `f_${string}`;

/** One version of a document, in the table of its collection. `from` and `to` change, each of them once and to one value. */
export interface VersionRecord {
  /** The commit and the id: a commit writes a document once. */
  readonly _id: string;
  /** The commit that brought it. */
  readonly commit: string;
  /** Which part of its commit it is in: parts are applied one after the other, so that no step takes long. */
  readonly part: number;
  /** The sequence that its commit was judged by: it can only become commit `base + 1`. */
  readonly base: number;
  readonly id: string;
  readonly version: number;
  /** The version that it takes the place of. */
  readonly replaces?: Pick<VersionRecord, '_id' | 'commit' | 'part'>;
  /** The sequence from which on it is there; `forever` while its commit is not applied. */
  readonly from: number;
  /** The sequence from which on it is no longer there; 0 if it only says that the document was taken away. */
  readonly to: number;
  /** What documents are found by, at the top because FerretDB leaves only that to PostgreSQL; an absent field is not there. */
  readonly [field: FieldKey]: string | number | boolean;
  /** The body as JSON text: keys with `$` or `.` and nested lists are no trouble to any server. */
  readonly body: string;
}

/** An entry of the log: with it, its commit has happened. */
export interface CommitRecord {
  /** The key of its sequence. */
  readonly _id: string;
  readonly commit: string;
  /** The tables that it has versions in, and in how many parts. */
  readonly tables: readonly { readonly name: string; readonly parts: number }[];
  /** The generation that there is from here on, if it is another one. */
  readonly generation?: string;
}

/** How many versions a part of a commit has at most. */
export const partSize = 1000;

/** Says that a commit is applied. The greatest key counts; all are only ever added. */
export interface AppliedRecord {
  /** The key of its sequence. */
  readonly _id: string;
  readonly generation: string;
  /** The sequence at which the generation began. */
  readonly since: number;
}

/** Says that what ended at or before its sequence may be missing. The greatest key counts; all are only ever added. */
export interface TrimmedRecord {
  readonly _id: string;
}

/** Which tables there are, and which migrations they went through. Never changed. */
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

/** Who is migrating. It only spares others the work: what counts is which commit comes first. */
export interface LockRecord {
  readonly _id: string;
  readonly owner: string;
  /** Milliseconds since 1970; nobody has to respect it after that. */
  readonly until: number;
}

/** What the store has in its database. */
export interface Database {
  readonly db: Db;
  readonly commits: MongoCollection<CommitRecord>;
  readonly applied: MongoCollection<AppliedRecord>;
  readonly trimmed: MongoCollection<TrimmedRecord>;
  readonly generations: MongoCollection<GenerationRecord>;
  readonly locks: MongoCollection<LockRecord>;
  table(name: string): MongoCollection<VersionRecord>;
}

/** Names what the store has in a database. Nothing is made by that. */
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

/** A sequence as an `_id`: as text they have the order of the numbers. */
export function sequenceKey(sequence: number): string {
  return String(sequence).padStart(16, '0');
}

/** Which versions there are at a sequence. */
export function visibleAt(sequence: number): { readonly from: object; readonly to: object } {
  return { from: { $lte: sequence }, to: { $gt: sequence } };
}

/** The key of a field in a version. */
export function fieldKey(field: string): FieldKey {
  return `f_${field}`;
}

/** Fields as a version has them: without the absent ones. */
export function presentFields(
  fields: Readonly<Record<string, string | number | boolean | null>>,
): Readonly<Record<FieldKey, string | number | boolean>> {
  const present: Record<FieldKey, string | number | boolean> = {};
  for (const [field, value] of Object.entries(fields)) {
    if (value !== null) present[fieldKey(field)] = value;
  }
  return present;
}
