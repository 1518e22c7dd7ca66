/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/** The body of a document: a JSON object. */
export type Body = Readonly<Record<string, Json | undefined>>;

/** The type of a field that documents can be found by. Times are ISO 8601 text and sort as text. */
export type FieldType = 'text' | 'number' | 'boolean';

/** A kind of document. Its fields are properties of the body, which the store keeps an index of. */
export interface Collection<B extends Body = Body> {
  readonly name: string;
  /** Properties of the body that documents are found and ordered by. A document may lack them. */
  readonly fields: Readonly<Record<string, FieldType>>;
  /** Fields of which no two documents may hold the same value; a document that lacks the field does not count. */
  readonly unique: readonly string[];
  /** Documents are added, never changed; only a write marked `retention` takes them away. */
  readonly appendOnly: boolean;
  /** Left out of backups: it is worthless, or dangerous, anywhere else. */
  readonly transient: boolean;
  /** Only for the type checker: says what a body is. */
  readonly body?: B;
}

/** A document as the store keeps it. */
export interface Stored<B extends Body = Body> {
  readonly id: string;
  /** 1 when it was made, one more with each change. */
  readonly version: number;
  readonly body: B;
}

/** What must hold for a write: that the document has this version, that there is none, or nothing at all. */
export type Expectation = number | 'absent' | 'any';

/**
 * One step of a commit. `put` writes the whole body, `remove` takes the document away (and is content when there is none
 * and nothing was expected), `check` changes nothing but holds the document to its expectation.
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
      /** Lets go of an entry of an append-only collection that is older than it has to be kept. */
      readonly retention?: true;
    }
  | {
      readonly kind: 'check';
      readonly collection: Collection;
      readonly id: string;
      readonly expect: Expectation;
      /** What has to hold besides, such as a time that must not have come yet. Asked as late as possible; must be quick. */
      readonly holds?: () => boolean;
    };

/** What a field must be: a value, one of several, or within bounds (`below` excluded). */
export type Condition =
  | string
  | number
  | boolean
  | { readonly in: readonly (string | number)[] }
  | { readonly atLeast?: string | number; readonly below?: string | number };

/** Which documents, in which order, and which part of them. */
export interface Query {
  readonly where?: Readonly<Record<string, Condition | undefined>>;
  /** A field, or `id`. Documents of equal value are ordered by id. By id when left out. */
  readonly orderBy?: string;
  readonly descending?: boolean;
  /** 1 to 1000. */
  readonly limit: number;
  readonly offset?: number;
}

/** A part of what was found, and how many there are in all. */
export interface Found<B extends Body = Body> {
  readonly items: readonly Stored<B>[];
  readonly total: number;
}

/** A document on its way into or out of a backup. */
export interface Dumped extends Stored {
  readonly collection: string;
}

/**
 * Where the control plane keeps what must not be lost. Every method rejects with a StoreUnavailableError when the store
 * cannot be reached in time; reconnecting is the store's business. Ids are 1 to 256 characters.
 */
export interface Store {
  /** Its name in health reports and backups, such as `sqlite`. */
  readonly kind: string;
  /** Several control processes may use it at the same time. */
  readonly isShared: boolean;
  /** Everything in it is gone when the process ends. */
  readonly isTemporary: boolean;
  /** All of it or nothing, durable when it resolves; serializable. Rejects with a ConflictError when an expectation fails. */
  commit(writes: readonly Write[]): Promise<void>;
  get<B extends Body>(collection: Collection<B>, id: string): Promise<Stored<B> | undefined>;
  find<B extends Body>(collection: Collection<B>, query: Query): Promise<Found<B>>;
  /** Every document that is not transient, as of one moment, by collection and id. */
  dump(): AsyncIterable<Dumped>;
  /** Replaces everything there is: all of it or nothing. */
  load(documents: AsyncIterable<Dumped>): Promise<void>;
  /** Gives up connections and files. May be called again. */
  close(): Promise<void>;
}

/** A migration that has not been applied yet. */
export interface PendingMigration {
  readonly version: number;
  readonly name: string;
}

/** Settings of a store that is opened. */
export interface StoreOptions {
  /** `sqlite:PATH`, `memory:`, `postgres://…` or `mongodb://…`; may hold a password, so it is never shown. */
  readonly url: string;
  readonly collections: readonly Collection[];
  /** Told of what a person may want to know: migrations applied, the connection lost and found again. */
  readonly log?: { info(message: string, fields?: object): void; warn(message: string, fields?: object): void };
}

/** A kind of store. */
export interface StoreDriver {
  /** Opens the store, after applying pending migrations under a lock. */
  open(options: StoreOptions): Promise<Store>;
  /** The migrations that `open` would apply: the dry run. Changes nothing. */
  pending(options: StoreOptions): Promise<readonly PendingMigration[]>;
}

/** An expectation of a commit did not hold, so nothing of it was written. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
  readonly collection: string;
  readonly id: string;
  /** `version`: it has another one; `exists`, `missing`: it is there or not; `unique`: `field` holds a value that is taken. */
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

/** The store cannot be reached, or does not answer in time. What was asked may or may not have happened. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/** The store is there but cannot be used as it is: the message says what to change. Waiting does not help. */
export class StoreUnusableError extends Error {
  override readonly name = 'StoreUnusableError';
}
