import type { BackendDocument, RouteDocument, Unchecked } from '../documents.ts';

/** Something that control asks of nodes. It is best effort: a node that is away does not get it later. */
export type NodeCommand = {
  /** Unique: a node that gets a command twice carries it out once. */
  readonly id: string;
  readonly kind: 'checkHealth';
  /** Which backends to check now; all of them when left out. */
  readonly backendIds?: readonly string[] | undefined;
};

/** What control tells a node: the way from the revision that the node has to the current one, and commands. */
export interface NodeChanges {
  readonly revision: number;
  /** Names the history that revision numbers belong to: a restored backup begins another. */
  readonly lineage: string;
  /** When the revision was made, or was confirmed to be the right one. */
  readonly revisionAt?: string | undefined;
  /** The store is empty, or older than what the node runs: the node keeps that until somebody changes or confirms the store. */
  readonly withheld?: boolean | undefined;
  /** Everything is there, and what is not there does not exist. */
  readonly whole: boolean;
  /** Documents of routes. Control may be newer than the node, which has to read them before it believes them. */
  readonly routes: readonly Unchecked<RouteDocument>[];
  /** Documents of shared backends. */
  readonly backends: readonly Unchecked<BackendDocument>[];
  /** Ids. */
  readonly removedRoutes: readonly string[];
  /** Ids. */
  readonly removedBackends: readonly string[];
  readonly commands: readonly NodeCommand[];
  /** In base64url: what announcements of revisions are checked with, for a node that hears them by Redis. */
  readonly announcementKey?: string | undefined;
}
