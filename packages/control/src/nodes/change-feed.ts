import type { NodeChanges } from '@sluice/model';

/** The part of the configuration that the hub needs: the current revision, and the changes since any other. */
export interface ChangeFeed {
  readonly revision: number;
  /** Empty until the configuration is loaded. */
  readonly lineage: string;
  /** When the revision was made, or was confirmed to be the right one; undefined when that is not known. */
  readonly revisionAt: string | undefined;
  /** Catches up with the store; rejects when the store cannot be reached. */
  refresh(): Promise<void>;
  /** Whole when that is shorter, when the revision is unknown, or of another lineage. */
  changesSince(revision: number, lineage: string | undefined, revisionAt?: string): Omit<NodeChanges, 'commands'>;
  /** Calls back with each new revision; returns a function that ends it. */
  onRevision(listener: (revision: number) => void): () => void;
}
