import type { HistoryConfig } from '@sluice/model';
import { Turns } from '@sluice/service';
import type { Logger } from '@sluice/service';
import type { Access } from '../access/index.ts';
import { pruneHistory } from '../configuration/index.ts';
import type { Configuration } from '../configuration/index.ts';
import { pruneDeployments } from '../deployment/index.ts';
import type { Leader } from '../lock/index.ts';
import { attempt } from '../store/index.ts';
import type { Store } from '../store/index.ts';

export interface HousekeepingOptions {
  readonly store: Store;
  readonly configuration: Configuration;
  readonly access: Access;
  readonly leader: Leader;
  readonly history: HistoryConfig;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: Logger;
}

/** Regular work that keeps the store small. */
export interface Housekeeping {
  /** Removes now what has been kept for long enough. Does nothing unless this process leads. */
  round(): Promise<void>;
  /** Waits for a round that runs. May be called again. */
  close(): Promise<void>;
}

const roundMs = 10 * 60_000;
const dayMs = 86_400_000;

/** Removes old revisions, audit entries and deployments, and expired sessions and keys: every ten minutes, and when this process becomes the leader. */
export function startHousekeeping(options: HousekeepingOptions): Housekeeping {
  const { leader, log } = options;
  const turns = new Turns();
  const round = async (): Promise<void> => {
    await turns.run(() => attempt(log, 'housekeeping failed', () => tidy(options)));
  };
  const timer = setInterval(() => void round(), roundMs);
  timer.unref();
  const stopListening = leader.onChange((leading) => {
    if (leading) void round();
  });
  return {
    round,
    close() {
      clearInterval(timer);
      stopListening();
      return turns.idle();
    },
  };
}

async function tidy({ store, configuration, access, leader, history, clock, log }: HousekeepingOptions): Promise<void> {
  if (!leader.leading) return;
  await configuration.refresh();
  const guard = () => [leader.guard()];
  const revisions = await pruneHistory(store, { current: configuration.revision, keep: history.revisions, guard });
  const oldest = new Date(clock() - history.auditDays * dayMs);
  const entries = await access.audit.prune(oldest);
  const deployments = await pruneDeployments(store, { endedBefore: oldest, guard });
  await access.sweep();
  if (revisions + entries + deployments > 0) {
    log.info('old history is removed', { revisions, auditEntries: entries, deployments });
  }
}
