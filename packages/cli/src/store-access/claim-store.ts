import { existsSync } from 'node:fs';
import { asFailure } from './explain-failure.ts';
import type { StoreLocation } from './store-location.ts';

/** Claims a SQLite store, and resolves with what releases it. Rejects with a CommandFailure while a Sluice runs on it. */
export async function claimSqlite(location: StoreLocation): Promise<() => void> {
  const { claimStore } = await import('@sluice/control');
  const file = /^sqlite:(?<file>.+)$/i.exec(location.url)?.groups?.['file'];
  // Nobody runs on a missing file, and a claim would create its folder.
  if (file === undefined || !existsSync(file)) return () => {};
  const claim = await asFailure(() => claimStore(location.url), location);
  return () => claim.release();
}
