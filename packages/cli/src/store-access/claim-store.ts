import { existsSync } from 'node:fs';
import { asFailure } from './explain-failure.ts';
import type { StoreLocation } from './store-location.ts';

/** Claims a SQLite store against a Sluice that runs on it; gives what ends that. Rejects with a CommandFailure when one does. */
export async function claimed(location: StoreLocation): Promise<() => void> {
  const { claimStore } = await import('@sluice/control');
  const file = /^sqlite:(?<file>.+)$/i.exec(location.url)?.groups?.['file'];
  // Nobody runs on a file that is not there, and a claim would make its folder.
  if (file === undefined || !existsSync(file)) return () => {};
  const claim = await asFailure(() => claimStore(location.url), location);
  return () => claim.release();
}
