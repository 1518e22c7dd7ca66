export type { Fence } from './fences.ts';
export { fences } from './fences.ts';
export type { Leader, LeaderOptions } from './leader.ts';
export { createLeader, NotLeadingError } from './leader.ts';
export { leases } from './leases.ts';
export type { AcquireOptions, Lease, Lock } from './lock.ts';
export { createProcessLock } from './process-lock.ts';
export type { StoreLockOptions } from './store-lock.ts';
export { createStoreLock } from './store-lock.ts';
