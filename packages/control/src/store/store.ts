/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/** The body of a document: a JSON object. */
export type Body = Readonly<Record<string, Json | undefined>>;

/** The type of a field that documents can be found by. Times are ISO 8601 text and sort as text. */
export type FieldType = 'text' | 'number' | 'boolean';

/** A kind of document. Its fields are properties of the body that the store indexes. */
export interface Collection<B extends Body = Body> {
  readonly name: string;
  /** The properties by which documents are found and ordered. A document may lack them. */
  readonly fields: Readonly<Record<string, FieldType>>;
  /** Fields in which no two documents have the same value. Documents without the field do not count. */
  readonly unique: readonly string[];
  /** Documents are never changed, and only a write with `retention` removes them. */
  readonly appendOnly: boolean;
  /** Not part of backups, because it would be useless or dangerous elsewhere. */
  readonly transient: boolean;
  /** For the type checker only. */
  readonly body?: B;
}

export interface Stored<B extends Body = Body> {
  readonly id: string;
  /** 1 at first; each change adds one. */
  readonly version: number;
  readonly body: B;
}

/** The precondition of a write: the document has this version, is absent, or may have any state. */
export type Expectation = number | 'absent' | 'any';

/**
 * One step of a commit. `put` writes the whole body. `remove` removes the document; with the expectation `any`, the document may
 * be absent. `check` changes nothing and only checks the expectation.
 */
export type Write =
  | {
      readonly kind: 'put';
      readonly collection: Collection;
      readonly id: string;
      readonly body: Body;
      readonly expect: Expectation;
    }
  | {
      readonly kind: 'remove';
      readonly collection: Collection;
      readonly id: string;
      readonly expect: Expectation;
      /** Allows the removal from an append-only collection, for documents past their retention. */
      readonly retention?: true;
    }
  | {
      readonly kind: 'check';
      readonly collection: Collection;
      readonly id: string;
      readonly expect: Expectation;
      /** A further condition, such as a time that must not have come yet. It is checked as late as possible, and must be quick. */
      readonly holds?: () => boolean;
    };

/** A condition on a field: a value, one of several values, or bounds (`below` is excluded). */
export type Condition =
  | string
  | number
  | boolean
  | { readonly in: readonly (string | number)[] }
  | { readonly atLeast?: string | number; readonly below?: string | number };

export interface Query {
  readonly where?: Readonly<Record<string, Condition | undefined>>;
  /** A field or `id`, which is the default. Documents with equal values are ordered by id. */
  readonly orderBy?: string;
  readonly descending?: boolean;
  /** 1 to 1000. */
  readonly limit: number;
  readonly offset?: number;
}

/** A page of documents, and how many there are in total. */
export interface Found<B extends Body = Body> {
  readonly items: readonly Stored<B>[];
  readonly total: number;
}

/** A document of a backup. */
export interface Dumped extends Stored {
  readonly collection: string;
}

/**
 * Where the control plane stores everything. Every method rejects with a StoreUnavailableError when the store cannot be reached in
 * time. The store reconnects by itself. Ids have 1 to 256 characters.
 */
export interface Store {
  /** Its name in health reports and backups, such as `sqlite`. */
  readonly kind: string;
  /** Several control processes may use it at the same time. */
  readonly isShared: boolean;
  /** Everything in it is gone when the process ends. */
  readonly isTemporary: boolean;
  /** Atomic, serializable, and durable when it resolves. Rejects with a ConflictError when an expectation does not hold. */
  commit(writes: readonly Write[]): Promise<void>;
  get<B extends Body>(collection: Collection<B>, id: string): Promise<Stored<B> | undefined>;
  find<B extends Body>(collection: Collection<B>, query: Query): Promise<Found<B>>;
  /** Every document that is not transient, all from one moment, by collection and id. */
  dump(): AsyncIterable<Dumped>;
  /** Replaces everything, atomically. */
  load(documents: AsyncIterable<Dumped>): Promise<void>;
  /** Closes connections and files. May be called again. */
  close(): Promise<void>;
}

export interface PendingMigration {
  readonly version: number;
  readonly name: string;
}

export interface StoreOptions {
  /** `sqlite:PATH`, `memory:`, `postgres://…` or `mongodb://…`; may contain a password, so it is never shown. */
  readonly url: string;
  readonly collections: readonly Collection[];
  /** For what people may want to know: applied migrations, lost and restored connections. */
  readonly log?: { info(message: string, fields?: object): void; warn(message: string, fields?: object): void };
}

export interface StoreDriver {
  /** Opens the store, after applying pending migrations under a lock. */
  open(options: StoreOptions): Promise<Store>;
  /** The migrations that `open` would apply. Changes nothing. */
  pending(options: StoreOptions): Promise<readonly PendingMigration[]>;
}

/** An expectation of a commit did not hold, so nothing was written. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
  readonly collection: string;
  readonly id: string;
  /** `version`: the document has another version. `exists`, `missing`: it exists or not. `unique`: the value of `field` is taken. */
  readonly reason: 'version' | 'exists' | 'missing' | 'unique' | 'append-only';
  readonly field: string | undefined;

  constructor(
    where: { readonly collection: string; readonly id: string },
    reason: ConflictError['reason'],
    field?: string,
  ) {
    super(`${where.collection}/${where.id}: ${reason}${field === undefined ? '' : ` ${field}`}`);
    this.collection = where.collection;
    this.id = where.id;
    this.reason = reason;
    this.field = field;
  }
}

/** The store cannot be reached, or does not answer in time. The request may or may not have happened. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/** The store cannot be used as it is, and waiting does not help. The message says what to change. */
export class StoreUnusableError extends Error {
  override readonly name = 'StoreUnusableError';
}
