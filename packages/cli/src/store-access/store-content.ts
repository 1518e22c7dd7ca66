import type { Store } from '@sluice/control';
import { counted } from '../terminal/counted.ts';
import { alignColumns } from '../terminal/style.ts';

/** Collections with a name for people, in the order of the list; the rest are other documents. */
const nouns: Readonly<Record<string, string>> = {
  routes: 'route',
  backends: 'shared backend',
  revisions: 'revision',
  users: 'user',
  api_keys: 'API key',
  consumers: 'consumer',
  audit_entries: 'audit entry',
};

/** How many documents each collection holds, but for collections that are not backed up. */
export async function countDocuments(store: Store): Promise<Readonly<Record<string, number>>> {
  const { allCollections } = await import('@sluice/control');
  const counts: Record<string, number> = {};
  for (const collection of allCollections.filter(({ transient }) => !transient)) {
    counts[collection.name] = (await store.find(collection, { limit: 1 })).total;
  }
  return counts;
}

/** What a store or a backup holds, as indented lines. */
export function contentLines(collections: Readonly<Record<string, number>>): string {
  const known = Object.entries(nouns).map(([name, noun]) => ({ count: collections[name] ?? 0, noun }));
  const all = Object.values(collections).reduce((sum, count) => sum + count, 0);
  const rest = all - known.reduce((sum, { count }) => sum + count, 0);
  const rows = [...known, { count: rest, noun: 'other document' }]
    .filter(({ count }) => count > 0)
    .map(({ count, noun }) => [`  ${count}`, plural(count, noun)]);
  return rows.length === 0 ? '  nothing\n' : `${alignColumns(rows, 1).join('\n')}\n`;
}

function plural(count: number, noun: string): string {
  const text = counted(count, noun).slice(String(count).length + 1);
  return text.replace(/entrys$/, 'entries');
}
