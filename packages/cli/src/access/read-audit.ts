import type { Access, AuditRecord } from '@sluice/control';
import { setTimeout as pause } from 'node:timers/promises';
import type { LatestQuery } from './audit-query.ts';

type Audit = Pick<Access['audit'], 'find'>;

/** The largest page that a store gives. */
const pageSize = 1000;
const pollMs = 500;
/** Processes write entries at their own pace and by their own clocks, so an entry this much older may still be new. */
const overlapMs = 60_000;

/** The latest entries, the oldest of them first. */
export async function latestEntries(audit: Audit, query: LatestQuery): Promise<readonly AuditRecord[]> {
  const entries: AuditRecord[] = [];
  while (entries.length < query.limit) {
    const limit = Math.min(pageSize, query.limit - entries.length);
    const { items } = await audit.find({ ...query, limit, offset: entries.length });
    entries.push(...items);
    if (items.length < limit) break;
  }
  return entries.toReversed();
}

/** The entries added after `latest`, the oldest first, until the caller stops. */
export async function* followAudit(
  audit: Audit,
  {
    query,
    latest,
    wait = () => pause(pollMs),
  }: { query: LatestQuery; latest: readonly AuditRecord[]; wait?: () => Promise<unknown> },
): AsyncGenerator<readonly AuditRecord[]> {
  const begin = latest.at(-1)?.at ?? '';
  let since = windowFrom(begin, query.since);
  let known = new Set(latest.map(({ auditId }) => auditId));
  for (let isFirst = true; ; isFirst = false) {
    const found = await latestEntries(audit, { ...query, since, limit: Infinity });
    // Older entries that the limit cut off are not new.
    const fresh = found.filter(({ auditId, at }) => !known.has(auditId) && (!isFirst || at >= begin));
    if (fresh.length > 0) yield fresh;
    known = new Set(found.map(({ auditId }) => auditId));
    since = windowFrom(found.at(-1)?.at ?? begin, since);
    await wait();
  }
}

/** Where to look from, given the newest entry; never before `least`. */
function windowFrom(newest: string, least: string | undefined): string | undefined {
  if (newest === '') return least;
  const from = new Date(Date.parse(newest) - overlapMs).toISOString();
  return least === undefined || from > least ? from : least;
}
