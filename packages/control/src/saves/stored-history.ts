import { ConflictError } from '../store/index.ts';
import type { Store, Write } from '../store/index.ts';
import { savedFiles } from './collections.ts';
import { noSaves } from './save-history.ts';
import type { SaveHistory } from './save-history.ts';

/** The history as it was read, with the version that it has to have still when something is written because of it. */
export interface StoredHistory {
  readonly version: number | 'absent';
  readonly history: SaveHistory;
}

/** How often work is done anew when other processes are faster each time. */
const attempts = 20;

export async function readHistory(store: Store): Promise<StoredHistory> {
  const stored = await store.get(savedFiles, 'file');
  if (stored === undefined) return { version: 'absent', history: noSaves };
  return { version: stored.version, history: stored.body };
}

/** The write that fails unless the history is as it was read. */
export function checkOf({ version }: StoredHistory): Write {
  return { kind: 'check', collection: savedFiles, id: 'file', expect: version };
}

/** The write of another history, and the history as it is stored then. */
export function exchange(
  { version }: StoredHistory,
  history: SaveHistory,
): { readonly put: Write; readonly next: StoredHistory } {
  const put: Write = { kind: 'put', collection: savedFiles, id: 'file', body: history, expect: version };
  return { put, next: { version: version === 'absent' ? 1 : version + 1, history } };
}

/** Without the trials of these deployments. The same object when there are none. */
export function withoutTrials(history: SaveHistory, ended: readonly string[]): SaveHistory {
  if (ended.length === 0) return history;
  const left = Object.entries(history.trials).filter(([, { deploymentId }]) => !ended.includes(deploymentId));
  return { ...history, trials: Object.fromEntries(left) };
}

/** Does work from the beginning while other processes are faster. */
export async function untilNotOvertaken<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ConflictError) || attempt === attempts) throw error;
    }
  }
}
