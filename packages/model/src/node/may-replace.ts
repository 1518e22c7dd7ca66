import type { ChangesRequest } from './control-connection.ts';

/** The state of the store. */
export interface StoredHistory {
  readonly revision: number;
  readonly lineage: string;
  readonly revisionAt?: string | undefined;
}

/**
 * Whether the configuration of the store may replace what a node runs when it is not simply the next revision. It may when
 * somebody changed or confirmed the store after the revision of the node was made. A store that was lost or restored to an
 * earlier state may not, since nobody has decided that yet. Earlier versions kept no times: then another history may,
 * unless it is empty.
 */
export function mayReplace(
  stored: StoredHistory,
  node: Pick<ChangesRequest, 'since' | 'lineage' | 'revisionAt'>,
): boolean {
  if (node.since === 0) return true;
  if (stored.revisionAt !== undefined) return node.revisionAt === undefined || stored.revisionAt > node.revisionAt;
  return node.revisionAt === undefined && stored.revision > 0 && stored.lineage !== node.lineage;
}
