import type { BackendDocument, Problem, RouteDocument, Unchecked } from '@sluice/model';
import type { Write } from '../store/store.ts';
import type {
  BackendEntity,
  ChangeContext,
  ConfigurationChanges,
  Entity,
  EntityChange,
  LiveDocuments,
  Outcome,
  Owner,
  Revision,
  WholeConfiguration,
} from './entities.ts';

/** What goes with a whole configuration. */
export interface ApplyContext extends ChangeContext {
  readonly prune: boolean;
  /** The documents are whole and were checked together already, as those of a file are: they are not read once more. */
  readonly isChecked?: boolean;
}

/** What goes with the routes of a deployment. */
export interface DeployContext extends ChangeContext {
  /** The deployment belongs to the file that owns the routes, whoever takes it a step further. */
  readonly isOfFile?: boolean;
}

/** A route as a deployment wants it now, with or without a split. */
export interface DeployedDocument<D = RouteDocument> {
  readonly routeId: string;
  readonly document: D;
}

/**
 * What the management API manages, and its history. Kept in memory as of a revision and written through the store;
 * several processes may do so at once. Writing methods reject with a ValidationError, NotFoundError,
 * ConfigurationConflictError, StaleError, or the store's own errors.
 */
export interface Configuration {
  /** The revision that is in memory; 0 before the first change. */
  readonly revision: number;
  readonly lineage: string;
  /** When the revision was made, or was confirmed to be the right one; undefined where neither was done. */
  readonly revisionAt: string | undefined;
  readonly owner: Owner;
  /** Catches up with what other processes stored. Every reader that must not be behind calls it first. */
  refresh(): Promise<void>;
  /** Ordered by id. */
  routes(): readonly Entity<'route'>[];
  route(id: string): Entity<'route'> | undefined;
  /** Shared backends first, then those of each route, ordered by id within both. `total` counts what matches. */
  backends(query: {
    readonly offset: number;
    readonly limit: number;
    readonly matches?: (backend: BackendEntity) => boolean;
  }): { readonly items: readonly BackendEntity[]; readonly total: number };
  backend(id: string): BackendEntity | undefined;
  sharedBackend(id: string): Entity<'backend'> | undefined;
  /** In order. */
  sharedBackendIds(): readonly string[];

  createRoute(document: Unchecked<RouteDocument>, context: ChangeContext): Promise<Outcome>;
  /** Merges: what the patch lacks stays, null takes a field back to its default. */
  updateRoute(id: string, patch: Unchecked<RouteDocument>, context: ChangeContext): Promise<Outcome>;
  removeRoute(id: string, context: ChangeContext): Promise<Outcome>;
  /** With `routeId` the backend becomes part of that route; otherwise routes may share it by `{ backendId }`. */
  createBackend(
    document: Unchecked<BackendDocument>,
    context: ChangeContext & { readonly routeId?: string | undefined },
  ): Promise<Outcome>;
  updateBackend(id: string, patch: Unchecked<BackendDocument>, context: ChangeContext): Promise<Outcome>;
  removeBackend(id: string, context: ChangeContext): Promise<Outcome>;
  /**
   * Applies a whole configuration; what it does not mention is removed only with `prune`. A function is given what is live,
   * and is called again when another process was faster.
   */
  apply(
    whole: WholeConfiguration | ((live: LiveDocuments) => WholeConfiguration),
    context: ApplyContext,
  ): Promise<Outcome>;
  /** The current configuration without what equals its default: it reads like a file that a person wrote. */
  export(): Promise<WholeConfiguration>;

  revisions(page: { readonly offset: number; readonly limit: number }): Promise<{
    readonly items: readonly Revision[];
    readonly total: number;
  }>;
  /** A revision and what it changed. */
  readRevision(number: number): Promise<{ readonly revision: Revision; readonly changes: readonly EntityChange[] }>;
  /** What is different at `to`, seen from `from`; either may be the older one. */
  difference(from: number, to: number): Promise<readonly EntityChange[]>;
  /** Makes the content of an earlier revision current again, as a new revision. */
  restore(number: number, context: ChangeContext): Promise<Outcome>;
  /**
   * Confirms that the store is right, even where nodes run a newer revision: they then take the stored one. Resolves with
   * the revision, which stays the same. `alongside` gives the writes that are committed with it.
   */
  confirm(alongside: (revision: number) => readonly Write[]): Promise<number>;

  /**
   * For deployments: stores routes, and how their traffic is divided. `plan` sees the current routes, and is called again
   * when another process was faster. The writes of `alongside` are committed even when no route changes. Rejects with a
   * ConflictError too, when an expectation of these writes fails.
   */
  deploy(
    plan: (route: (id: string) => Entity<'route'> | undefined) => readonly DeployedDocument<Unchecked<RouteDocument>>[],
    context: DeployContext,
  ): Promise<Outcome>;
  /** What is valid in these routes but probably not intended: a list for each route, paths begin at the route. */
  warnings(routes: readonly DeployedDocument[]): readonly (readonly Problem[])[];

  /** The changes from a revision to the current one; the whole configuration when the revision is unknown or of another lineage. */
  changesSince(revision: number, lineage: string | undefined, revisionAt?: string): ConfigurationChanges;
  /** Calls the listener for each new revision, whoever made it; returns what ends that. */
  onRevision(listener: (revision: number) => void): () => void;
  /** Sets who decides about routes from now on: a file, or the API again. */
  setOwner(owner: Owner): void;
}
