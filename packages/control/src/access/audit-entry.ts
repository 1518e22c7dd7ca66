import type { Body } from '../store/store.ts';
import type { AuditBody } from './collections.ts';
import { personBehind } from './person.ts';
import type { AccessContext, Actor } from './principal.ts';

/** What is written down; the audit log adds the id and the time. Details must not hold secrets: fields named like one are hidden. */
export type AuditEntry = Omit<AuditBody, 'at'>;

/** The entry about a change of a user, key, consumer or session. */
export function changeEntry(
  { actor, address, traceId }: AccessContext,
  what: { readonly eventType: string; readonly entityType: string; readonly entityId: string; readonly details?: Body },
): AuditEntry {
  return { ...what, ...auditedActor(actor), address, traceId, outcome: 'done' };
}

/** The fields of an entry that say who acts. */
export function auditedActor(actor: Actor): Pick<AuditEntry, 'user' | 'userKind' | 'userId' | 'personId'> {
  const { kind, name } = actor;
  const person = personBehind(actor);
  return {
    user: name,
    userKind: kind,
    ...((kind === 'user' || kind === 'apiKey') && { userId: actor.id }),
    ...(person && { personId: person.id }),
  };
}
