import { createPause } from '@sluice/service';
import type { Write } from '../store/store.ts';
import { backends, revisionChanges, revisions, routes } from './collections.ts';
import type { ConfigurationState } from './configuration-state.ts';
import { summarize } from './describe-change.ts';
import type { ChangeContext, EntityChange, Outcome } from './entities.ts';

/** What a revision is recorded with. */
export interface RevisionRecord {
  /** ISO 8601. */
  readonly at: string;
  readonly context: ChangeContext;
  readonly restoredFrom: number | undefined;
  /** The configuration before it. */
  readonly state: ConfigurationState;
}

/** A revision as writes: who, when and why; what it changed; and the entities as they are from then on. */
export async function revisionWrites(outcome: Outcome, record: RevisionRecord): Promise<Write[]> {
  const { revision, changes } = outcome;
  const { at, state } = record;
  const pause = createPause();
  const writes = [revisionWrite(outcome, record)];
  for (const change of changes) {
    writes.push(...changeWrites(change, { at, revision, state }));
    await pause();
  }
  return writes;
}

function revisionWrite({ revision, changes }: Outcome, { at, context, restoredFrom }: RevisionRecord): Write {
  const body = {
    number: revision,
    at,
    authorKind: context.author.kind,
    author: context.author.name,
    ...(context.author.id !== undefined && { authorId: context.author.id }),
    ...(context.reason !== undefined && { reason: context.reason }),
    changeCount: changes.length,
    summary: summarize(changes),
    ...(restoredFrom !== undefined && { restoredFrom }),
  };
  return { kind: 'put', collection: revisions, id: String(revision), body, expect: 'absent' };
}

/** The entity as it is from now on, and the entry of the history. */
function changeWrites(
  change: EntityChange,
  { at, revision, state }: { at: string; revision: number; state: ConfigurationState },
): Write[] {
  const { entityType, entityId, before, after } = change;
  const collection = entityType === 'route' ? routes : backends;
  const entry = { revision, at, entityType, entityId, ...(before && { before }), ...(after && { after }) };
  const id = `${revision}.${entityType}.${entityId}`;
  const history: Write = { kind: 'put', collection: revisionChanges, id, body: entry, expect: 'absent' };
  if (after === undefined) return [history, { kind: 'remove', collection, id: entityId, expect: 'any' }];
  const createdAt = state.get(entityType, entityId)?.createdAt ?? at;
  const body = { entityId, name: after.name, revision, createdAt, updatedAt: at, document: after };
  return [history, { kind: 'put', collection, id: entityId, body, expect: 'any' }];
}
