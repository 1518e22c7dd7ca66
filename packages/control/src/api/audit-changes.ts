import type { Audit, AuditEntry } from '../access/index.ts';
import type { EntityChange, Outcome } from '../configuration/index.ts';
import type { Write } from '../store/index.ts';
import type { Call } from './call.ts';

/** The audit entries of a change of the configuration: one for each entity, with the names of the fields that changed. */
export function auditChanges(audit: Audit, call: Call, { revision, changes }: Outcome): Write[] {
  return changes.map((change) =>
    audit.auditWrite({
      ...auditFacts(call),
      eventType: `${change.entityType}.${eventOf(change)}`,
      entityType: change.entityType,
      entityId: change.entityId,
      revision,
      details: {
        operation: call.operation.id,
        ...(call.reason !== undefined && { reason: call.reason }),
        ...(change.before && change.after && { fields: changedFields(change.before, change.after) }),
      },
    }),
  );
}

/** What every audit entry of a call that succeeds says. */
export function auditFacts({
  actor,
  address,
  traceId,
}: Call): Pick<AuditEntry, 'user' | 'userKind' | 'address' | 'traceId' | 'outcome'> {
  return { user: actor.name, userKind: actor.kind, address, traceId, outcome: 'done' };
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
