import { roles } from '@sluice/model';
import type { Role } from '@sluice/model';

/** Whether who has this role may do all that the other one permits. */
export function includesRole(role: Role, other: Role): boolean {
  return roles.indexOf(role) <= roles.indexOf(other);
}

/** The one of two roles that permits less. */
export function lesserRole(one: Role, other: Role): Role {
  return includesRole(one, other) ? other : one;
}
