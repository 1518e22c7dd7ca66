import { createHash } from 'node:crypto';
import type { Stored } from '../store/store.ts';
import type { UserBody } from './collections.ts';
import type { Actor, Person, Principal } from './principal.ts';

/**
 * The person that a user is. The id is made with the user; for users of an older version it follows from what never changes
 * about them, so that it is the same in every process and after a restore.
 */
export function personOf({ id, body }: Stored<UserBody>): Person {
  return { id: body.personId ?? olderId(id, body.createdAt), name: body.username };
}

/** Whether a user may do anything at all. */
export function isActive({ isEnabled, isWithdrawn = false }: UserBody): boolean {
  return isEnabled && !isWithdrawn;
}

/** Who acts when this caller does something. */
export function actorOf(principal: Principal): Actor {
  const { id, name } = principal;
  if (principal.kind === 'user') return { kind: 'user', id, name };
  return { kind: 'apiKey', id, name, owner: principal.owner };
}

/** The person behind what an actor does; undefined when there is none, or it is not known who. */
export function personBehind(actor: Actor): Person | undefined {
  if (actor.kind === 'user') return { id: actor.id, name: actor.name };
  return actor.kind === 'apiKey' ? actor.owner : undefined;
}

/** What tells callers apart where they are counted: never their name, which somebody else may have too. */
export function identityOf(actor: Actor): string {
  return `${actor.kind}:${'id' in actor ? actor.id : actor.name}`;
}

function olderId(userId: string, createdAt: string): string {
  return createHash('sha256').update(`${userId}\n${createdAt}`).digest('hex').slice(0, 32);
}
