import type { BackendDocument, OwnedBackendDocument, Problem, RouteDocument, Unchecked } from '@sluice/model';
import type { Write } from '../store/store.ts';

/** What the configuration consists of: routes, and the backends that routes share. */
export interface Documents {
  readonly route: RouteDocument;
  readonly backend: BackendDocument;
}

/** Whether something is a route or a shared backend. */
export type EntityType = keyof Documents;

/** One route or shared backend as it is now. */
export interface Entity<T extends EntityType = EntityType> extends Recorded {
  readonly document: Documents[T];
}

/** What is recorded of a route or backend beside its document. */
interface Recorded {
  readonly id: string;
  /** The revision that changed it last; its ETag. */
  readonly revision: number;
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601. */
  readonly updatedAt: string;
}

/** A backend as it is listed: shared ones stand by themselves, the others belong to a route. */
export interface BackendEntity extends Recorded {
  readonly document: OwnedBackendDocument;
  /** The route it is written in; undefined for a shared backend. Its id is then `<routeId>~<name>`. */
  readonly routeId: string | undefined;
}

/** What a revision did to one entity: `before` is absent when it was made, `after` when it was removed. */
export type EntityChange = { readonly [T in EntityType]: ChangeOf<T> }[EntityType];

/** What a revision did to one route, or to one shared backend. */
export type ChangeOf<T extends EntityType> = {
  readonly entityType: T;
  readonly entityId: string;
  readonly before?: Documents[T] | undefined;
  readonly after?: Documents[T] | undefined;
};

/** Who made a change. */
export interface Author {
  readonly kind: 'user' | 'apiKey' | 'file' | 'system';
  readonly name: string;
  /** Of the user or API key: somebody else may have the name later. */
  readonly id?: string | undefined;
  /** The person that a user is, or whose an API key is. */
  readonly person?: { readonly id: string; readonly name: string } | undefined;
}

/** What goes with a change. */
export interface ChangeContext {
  readonly author: Author;
  /** Why; shown in the list of revisions. */
  readonly reason?: string | undefined;
  /** The revision the entity must still be at; otherwise a StaleError. */
  readonly ifMatch?: number | undefined;
  /** Finds out what would happen, and changes nothing. */
  readonly dryRun?: boolean | undefined;
  /** Goes live whatever holds other changes up. */
  readonly emergency?: boolean | undefined;
  /** Writes that are committed together with the change, such as its audit entry. Not called when nothing changes. */
  readonly alongside?: ((outcome: Outcome) => readonly Write[] | Promise<readonly Write[]>) | undefined;
}

/** What became of a change. */
export interface Outcome {
  /** The revision after it; the current one when nothing changed. */
  readonly revision: number;
  readonly changed: boolean;
  /** When, in ISO 8601: what the entities say to have been updated at. Undefined for a dry run, and when nothing changed. */
  readonly at: string | undefined;
  readonly changes: readonly EntityChange[];
  /** What is wrong with it: only for a dry run; otherwise problems are thrown as a ValidationError. */
  readonly problems: readonly Problem[];
  /** What is valid but probably not intended. */
  readonly warnings: readonly Problem[];
}

/** One recorded state of the configuration. */
export interface Revision {
  readonly number: number;
  /** ISO 8601. */
  readonly at: string;
  readonly author: Author;
  readonly reason: string | undefined;
  /** How many entities it changed. */
  readonly changeCount: number;
  /** The first few changes in words, such as `route checkout updated`. */
  readonly summary: readonly string[];
  /** The revision whose content it brought back. */
  readonly restoredFrom: number | undefined;
}

/** Routes and shared backends as somebody wrote them; what is left out has its default. */
export interface WholeConfiguration {
  readonly routes: readonly Unchecked<RouteDocument>[];
  readonly backends: readonly Unchecked<BackendDocument>[];
}

/** What is live, by id. */
export type LiveDocuments = {
  readonly routes: ReadonlyMap<string, RouteDocument>;
  readonly backends: ReadonlyMap<string, BackendDocument>;
};

/** The way from one revision to the current one, for nodes. */
export interface ConfigurationChanges {
  readonly revision: number;
  /** Names the history that revision numbers belong to: a restored backup begins another. */
  readonly lineage: string;
  /** When the revision was made, or was confirmed to be the right one. */
  readonly revisionAt?: string | undefined;
  /** Everything is there, and what is not there does not exist. */
  readonly whole: boolean;
  readonly routes: readonly RouteDocument[];
  readonly backends: readonly BackendDocument[];
  readonly removedRoutes: readonly string[];
  readonly removedBackends: readonly string[];
}

/** Who decides about routes: the API, or a file that the process was started with. */
export type Owner = { readonly kind: 'api' } | { readonly kind: 'file'; readonly file: string };
