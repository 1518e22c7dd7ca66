import { createPause } from '@sluice/service';
import { auditedActor } from '../access/index.ts';
import type { Audit, AuditEntry } from '../access/index.ts';
import type { EntityChange, Outcome } from '../configuration/index.ts';
import type { Write } from '../store/index.ts';
import type { Call } from './call.ts';

/** The audit entries of a change of the configuration: one for each entity, with the names of the changed fields. */
export async function auditChanges(audit: Audit, call: Call, { revision, changes }: Outcome): Promise<Write[]> {
  const pause = createPause();
  const writes: Write[] = [];
  for (const change of changes) {
    const { entityType, entityId, before, after } = change;
    const details = {
      operation: call.operation.id,
      ...(call.reason !== undefined && { reason: call.reason }),
      ...(before && after && { fields: changedFields(before, after) }),
    };
    const eventType = `${entityType}.${eventOf(change)}`;
    writes.push(audit.auditWrite({ ...auditFields(call), eventType, entityType, entityId, revision, details }));
    await pause();
  }
  return writes;
}

/** The common fields of the audit entries of a call that succeeded. */
export function auditFields({
  actor,
  address,
  traceId,
}: Call): Omit<AuditEntry, 'eventType' | 'entityType' | 'entityId' | 'revision' | 'details'> {
  return { ...auditedActor(actor), address, traceId, outcome: 'done' };
}

function eventOf({ before, after }: EntityChange): string {
  if (before === undefined) return 'created';
  return after === undefined ? 'deleted' : 'updated';
}

function changedFields(before: object, after: object): string[] {
  const [old, now] = [before as Record<string, unknown>, after as Record<string, unknown>];
  const names = new Set([...Object.keys(old), ...Object.keys(now)]);
  return [...names].filter((name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]));
}
