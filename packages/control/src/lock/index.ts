export type { Fence } from './fences.ts';
export { fences } from './fences.ts';
export type { Leader, LeaderOptions } from './leader.ts';
export { createLeader, NotLeadingError } from './leader.ts';
export type { AcquireOptions, Lease, Lock } from './lock.ts';
export { LockUnavailableError } from './lock.ts';
export { createProcessLock } from './process-lock.ts';
export type { RedisLockOptions } from './redis-lock.ts';
export { openRedisLock } from './redis-lock.ts';
