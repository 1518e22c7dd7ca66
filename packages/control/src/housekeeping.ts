import type { HistoryConfig } from '@sluice/model';
import type { Logger } from '@sluice/service';
import { messageOf } from '@sluice/service';
import type { Access } from './access/index.ts';
import { pruneHistory } from './configuration/index.ts';
import type { Configuration } from './configuration/index.ts';
import { pruneDeployments } from './deployment/index.ts';
import type { Leader } from './lock/index.ts';
import { StoreUnavailableError } from './store/index.ts';
import type { Store } from './store/index.ts';

/** What housekeeping looks after. */
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

/** Work that comes round again and again. */
export interface Housekeeping {
  /** One round, now: what is longer kept than it must be goes. Does nothing unless this process leads. */
  round(): Promise<void>;
  /** Waits for a round that runs. May be called again. */
  close(): Promise<void>;
}

const roundMs = 10 * 60_000;
const dayMs = 86_400_000;

/** Begins to keep the store tidy: old revisions, old audit entries, old deployments, sessions and keys that have run out. */
export function startHousekeeping(options: HousekeepingOptions): Housekeeping {
  const { leader, log } = options;
  let running: Promise<void> = Promise.resolve();
  const round = (): Promise<void> => {
    running = running.then(() => tidy(options)).catch((error: unknown) => complain(log, error));
    return running;
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
      return running;
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
    log.info('old history is let go of', { revisions, auditEntries: entries, deployments });
  }
}

function complain(log: Logger, error: unknown): void {
  // The next round does what this one could not; a store that is away is told of elsewhere.
  if (error instanceof StoreUnavailableError) return;
  log.warn('housekeeping could not be done', { reason: messageOf(error) });
}
