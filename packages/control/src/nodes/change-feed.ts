import type { NodeChanges } from '@sluice/model';

/** What the hub needs of the configuration: the current revision, and the way to it from any other. */
export interface ChangeFeed {
  readonly revision: number;
  /** Empty as long as nothing is loaded. */
  readonly lineage: string;
  /** When the revision was made, or was confirmed to be the right one; undefined where neither was done. */
  readonly revisionAt: string | undefined;
  /** Catches up with the store; rejects when the store cannot be reached. */
  refresh(): Promise<void>;
  /** Whole when that is shorter, when the revision is unknown, or of another lineage. */
  changesSince(revision: number, lineage: string | undefined, revisionAt?: string): Omit<NodeChanges, 'commands'>;
  /** Tells of each new revision; returns what ends that. */
  onRevision(listener: (revision: number) => void): () => void;
}
