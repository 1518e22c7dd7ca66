import { roles } from '@sluice/model';
import type { Role } from '@sluice/model';

/** Whether a role permits everything that the other one permits. */
export function includesRole(role: Role, other: Role): boolean {
  return roles.indexOf(role) <= roles.indexOf(other);
}

/** The lower of two roles. */
export function lesserRole(one: Role, other: Role): Role {
  return includesRole(one, other) ? other : one;
}
