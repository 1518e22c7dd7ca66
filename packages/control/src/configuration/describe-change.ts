import type { EntityChange } from './entities.ts';

/** A change in words, such as `route checkout updated`. */
export function describeChange({ entityType, entityId, before, after }: EntityChange): string {
  const verb = before === undefined ? 'created' : after === undefined ? 'removed' : 'updated';
  return `${entityType} ${entityId} ${verb}`;
}

/** How many changes a revision names in its summary. */
const summaryLength = 10;

/** The first few changes in words. */
export function summarize(changes: readonly EntityChange[]): readonly string[] {
  return changes.slice(0, summaryLength).map((change) => describeChange(change));
}
