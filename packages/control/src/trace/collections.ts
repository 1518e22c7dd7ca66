import { defineCollection } from '../store/index.ts';

/** A moment at which spans of a deployment ended that no collector has taken yet. */
export type EndedSpansBody = {
  readonly deploymentId: string;
  /** When they ended, as ISO 8601. */
  readonly at: string;
};

/** The outbox of the traces of deployments. It is not part of backups, because restored spans would be sent again. */
export const endedSpans = defineCollection<EndedSpansBody>('endedSpans', { at: 'text' }, { transient: true });
