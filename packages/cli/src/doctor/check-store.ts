import { messageOf } from '@sluice/service';
import { shownUrl, withoutSecrets } from '../store-access/shown-url.ts';
import { isControl } from './check.ts';
import type { CheckInput } from './check.ts';
import { fail, ok, warn } from './finding.ts';
import type { Finding } from './finding.ts';

/** Whether the store can be reached, fits this version of Sluice, and what a start would change in it. */
export async function checkStore(input: CheckInput): Promise<Finding[]> {
  if (!isControl(input)) return [];
  const { url } = input.config.store;
  if (url.toLowerCase() === 'memory:') {
    return [
      warn('memory: keeps nothing when the process ends', 'set store.url: sqlite:PATH, postgres://… or mongodb://…'),
    ];
  }
  const shown = shownUrl(url);
  try {
    const pending = await input.probes.pendingMigrations(url);
    if (pending.length === 0) return [ok(`${shown} can be reached and is up to date`)];
    const list = pending.map(({ version, name }) => `${version} (${name})`).join(', ');
    // The first migration creates everything, so there is nothing to harm yet.
    if (pending[0]?.version === 1) return [ok(`${shown} can be reached; it is empty and will be set up by: ${list}`)];
    const advice = 'the next start applies them, and older versions of Sluice cannot use it then: make a backup first';
    return [warn(`${shown} can be reached; migrations to come: ${list}`, advice)];
  } catch (error) {
    const reason = withoutSecrets(messageOf(error), url);
    const advice = 'check the database, its address and password: store.url, DATABASE_URL, MONGODB_URL';
    return [fail(`${shown}: ${reason}`, advice)];
  }
}
