import type { Check } from './check.ts';
import { isControl } from './check.ts';
import { findingsOf } from './finding.ts';
import { shownUrl, withoutSecrets } from '../store-access/shown-url.ts';

const { ok, warn, fail } = findingsOf('store');

/** Whether the store can be reached, fits this version of Sluice, and what starting would change in it. */
export const checkStore: Check = {
  name: 'store',
  async run(examination) {
    if (!isControl(examination)) return [];
    const { config, instruments } = examination;
    const { url } = config.store;
    if (url.toLowerCase() === 'memory:') {
      return [
        warn('memory: keeps nothing when the process ends', 'set store.url: sqlite:PATH, postgres://… or mongodb://…'),
      ];
    }
    const shown = shownUrl(url);
    try {
      const pending = await instruments.pendingMigrations(url);
      if (pending.length === 0) return [ok(`${shown} can be reached and is up to date`)];
      const list = pending.map(({ version, name }) => `${version} (${name})`).join(', ');
      // The first migration makes everything: there is nothing yet that could be harmed.
      if (pending[0]?.version === 1) return [ok(`${shown} can be reached; it is empty and will be set up by: ${list}`)];
      const advice =
        'the next start applies them, and older versions of Sluice can then not use it: make a backup first';
      return [warn(`${shown} can be reached; migrations to come: ${list}`, advice)];
    } catch (error) {
      const reason = withoutSecrets(error instanceof Error ? error.message : String(error), url);
      return [
        fail(
          `${shown}: ${reason}`,
          'see to the database, its address and password: store.url, DATABASE_URL, MONGODB_URL',
        ),
      ];
    }
  },
};
