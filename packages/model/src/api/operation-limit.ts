import type { Role } from '../config/roles.ts';

/** How often one caller may use the operations of a group. */
export interface OperationLimit {
  readonly group: string;
  readonly perMinute: number;
  /** For Viewers, when it is less. */
  readonly viewersPerMinute?: number;
}

/** An Admin may send so many times as many requests as others: changes of routes are for Admins alone, and often made by hand. */
const adminFactor = 10;

/** How many requests a caller with a role may send in a minute; a caller without a role is not known. */
export function perMinuteOf(limit: OperationLimit, role: Role | undefined): number {
  const { perMinute, viewersPerMinute = perMinute } = limit;
  if (role === 'Admin') return perMinute * adminFactor;
  return role === 'Viewer' ? viewersPerMinute : perMinute;
}
