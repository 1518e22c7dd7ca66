import type { ChangesRequest } from './control-connection.ts';

/** Where the history of the store stands. */
export interface StoredHistory {
  readonly revision: number;
  readonly lineage: string;
  readonly revisionAt?: string | undefined;
}

/**
 * Whether what the store has may take the place of what a node runs, where it is not simply the next revision: somebody
 * changed or confirmed it after the revision of the node was made. A store that was lost, or is back as it was earlier, may
 * not: nobody has decided that yet. Where times are not known, from versions that did not keep them, another history
 * may, unless it is empty.
 */
export function mayReplace(
  stored: StoredHistory,
  node: Pick<ChangesRequest, 'since' | 'lineage' | 'revisionAt'>,
): boolean {
  if (node.since === 0) return true;
  if (stored.revisionAt !== undefined) return node.revisionAt === undefined || stored.revisionAt > node.revisionAt;
  return node.revisionAt === undefined && stored.revision > 0 && stored.lineage !== node.lineage;
}
