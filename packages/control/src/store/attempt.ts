import { messageOf } from '@sluice/service';
import type { Logger } from '@sluice/service';
import { StoreUnavailableError } from './store.ts';

/**
 * Takes a step that is taken again later if it fails: whether it succeeded. A failure is logged as `trouble`, except that the
 * store is away, which StoreWatch logs.
 */
export async function attempt(log: Pick<Logger, 'warn'>, trouble: string, step: () => Promise<void>): Promise<boolean> {
  try {
    await step();
    return true;
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) log.warn(trouble, { reason: messageOf(error) });
    return false;
  }
}
