import { randomUUID } from 'node:crypto';
import { StoreUnavailableError } from '../store.ts';
import { isDuplicate } from './mongodb-errors.ts';
import type { Database } from './records.ts';
import type { Tuning } from './tuning.ts';

const name = 'migrations';
const leaseMs = 60_000;
const patienceMs = 120_000;

export interface MigrationLock {
  /** Extends the lock. The holder calls this from time to time. */
  renew(): Promise<void>;
  release(): Promise<void>;
}

/**
 * Waits for the lock. Rejects with a StoreUnavailableError after two minutes. The lock only saves work: two processes may migrate at
 * the same time, because only one of them can put its tables into effect.
 */
export async function acquireMigrationLock({ locks }: Database, tuning: Tuning): Promise<MigrationLock> {
  const owner = randomUUID();
  const deadline = tuning.elapsed() + patienceMs;
  const until = (): number => tuning.now() + leaseMs;
  for (;;) {
    try {
      await locks.insertOne({ _id: name, owner, until: until() });
      break;
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
    const holder = await locks.findOne({ _id: name });
    if (holder !== null && holder.until < tuning.now()) await locks.deleteOne({ _id: name, owner: holder.owner });
    else await tuning.pause(50);
    if (tuning.elapsed() > deadline) throw new StoreUnavailableError('MongoDB: another process is migrating the store');
  }
  return {
    async renew() {
      await locks.updateOne({ _id: name, owner }, { $set: { until: until() } });
    },
    async release() {
      await locks.deleteOne({ _id: name, owner });
    },
  };
}
