import { createHash } from 'node:crypto';
import type { Stored } from '../store/store.ts';
import type { UserBody } from './collections.ts';
import type { Actor, Person, Principal } from './principal.ts';

/**
 * The person behind a user. The id is made with the user. For users of older versions it is derived from fields that never
 * change, so that it is the same in every process and after a restore.
 */
export function personOf({ id, body }: Stored<UserBody>): Person {
  return { id: body.personId ?? olderId(id, body.createdAt), name: body.username };
}

/** Whether a user may do anything at all. */
export function isActive({ isEnabled, isWithdrawn = false }: UserBody): boolean {
  return isEnabled && !isWithdrawn;
}

/** The actor of what this caller does. */
export function actorOf(principal: Principal): Actor {
  const { id, name } = principal;
  if (principal.kind === 'user') return { kind: 'user', id, name };
  return { kind: 'apiKey', id, name, owner: principal.owner };
}

/** The person behind an actor; undefined when there is none, or the person is not known. */
export function personBehind(actor: Actor): Person | undefined {
  if (actor.kind === 'user') return { id: actor.id, name: actor.name };
  return actor.kind === 'apiKey' ? actor.owner : undefined;
}

/** Identifies a caller where callers are counted. Uses the id, because names can be given to others. */
export function identityOf(actor: Actor): string {
  return `${actor.kind}:${'id' in actor ? actor.id : actor.name}`;
}

function olderId(userId: string, createdAt: string): string {
  return createHash('sha256').update(`${userId}\n${createdAt}`).digest('hex').slice(0, 32);
}
