import type { AuditQuery, AuditRecord } from '@sluice/control';
import { expect, test } from 'vitest';
import { followAudit, latestEntries } from './read-audit.ts';

/** A log in memory: an entry each second, from 0 on. */
function log(count: number) {
  const entries = Array.from({ length: count }, (_, second) => entry(second));
  return {
    entries,
    find({ limit, offset, since = '' }: AuditQuery) {
      const items = entries.filter(({ at }) => at >= since).toSorted((a, b) => (a.at < b.at ? 1 : -1));
      return Promise.resolve({ items: items.slice(offset, offset + limit), total: items.length });
    },
  };
}

function entry(second: number, auditId = `e${second}`): AuditRecord {
  return {
    auditId,
    at: new Date(second * 1000).toISOString(),
    eventType: 'x',
    user: 'ada',
    userKind: 'user',
    address: 'local',
    traceId: 't',
    outcome: 'done',
  };
}

const ids = (entries: readonly AuditRecord[]): string[] => entries.map(({ auditId }) => auditId);

test('the latest are given, the oldest of them first, over as many pages as it takes', async () => {
  expect(ids(await latestEntries(log(10), { limit: 3 }))).toEqual(['e7', 'e8', 'e9']);
  const many = await latestEntries(log(2500), { limit: 2200 });
  expect([many.length, many[0].auditId, many.at(-1)?.auditId]).toEqual([2200, 'e300', 'e2499']);
});

test('what is added is given once, also when it arrives late; what a limit cut off is not', async () => {
  const audit = log(100);
  const query = { limit: 3 };
  const steps = [
    () => audit.entries.push(entry(100), entry(101)),
    () => {},
    // Of a process whose clock is behind, or that was slow to write.
    () => audit.entries.push(entry(80, 'late'), entry(101, 'same time')),
    () => audit.entries.push(entry(500)),
    () => audit.entries.push(entry(499, 'late again')),
  ];
  const wait = () => Promise.resolve(steps.shift()?.());
  const seen: string[][] = [];
  for await (const fresh of followAudit(audit, { query, latest: await latestEntries(audit, query), wait })) {
    seen.push(ids(fresh));
    if (steps.length === 0) break;
  }
  expect(seen).toEqual([['e100', 'e101'], ['late', 'same time'], ['e500'], ['late again']]);
});
