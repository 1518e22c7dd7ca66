import { expect, test } from 'vitest';
import { ConflictError, StoreUnavailableError } from '../store/index.ts';
import type { AuditEntry } from './audit-entry.ts';
import { auditEntries } from './collections.ts';
import { failure, openAccess } from './testing/open-access.ts';
import type { OpenedAccess } from './testing/open-access.ts';

const page = { limit: 1000, offset: 0 };
const denial: AuditEntry = {
  eventType: 'access.denied',
  user: 'olga',
  userKind: 'user',
  address: '192.0.2.1',
  traceId: 'trace-1',
  outcome: 'denied',
};

async function entries({ access }: OpenedAccess, eventType?: string) {
  return (await access.audit.find({ ...page, eventType })).items;
}

test('finds entries by what they are about, who, and when; the newest first', async () => {
  const opened = openAccess();
  const { audit } = opened.access;
  const times: string[] = [];
  for (const [entityId, user] of [
    ['a', 'olga'],
    ['b', 'olga'],
    ['a', 'anna'],
  ] as const) {
    times.push(new Date(opened.now()).toISOString());
    const write = audit.auditWrite({
      ...denial,
      eventType: 'route.updated',
      entityType: 'route',
      entityId,
      user,
      outcome: 'done',
      revision: 7,
    });
    await opened.store.commit([write]);
    await opened.advance(1000);
  }
  const found = async (query: object) => {
    const { items, total } = await audit.find({ ...page, ...query });
    return [total, ...items.map(({ entityId, user }) => `${entityId} ${user}`)];
  };
  expect(await found({})).toEqual([3, 'a anna', 'b olga', 'a olga']);
  expect(await found({ entityType: 'route', entityId: 'a' })).toEqual([2, 'a anna', 'a olga']);
  expect(await found({ user: 'olga' })).toEqual([2, 'b olga', 'a olga']);
  expect(await found({ since: times[1] })).toEqual([2, 'a anna', 'b olga']);
  expect(await found({ since: times[1], until: times[2] })).toEqual([1, 'b olga']);
  expect(await found({ limit: 1, offset: 1 })).toEqual([3, 'b olga']);
  expect((await audit.find(page)).items[0]).toMatchObject({ at: times[2], revision: 7, traceId: 'trace-1' });
});

test('entries cannot be changed or removed but by retention', async () => {
  const opened = openAccess();
  await opened.access.audit.record(denial);
  const [kept] = await entries(opened);
  const id = kept?.auditId ?? '';
  const remove = () => opened.store.commit([{ kind: 'remove', collection: auditEntries, id, expect: 'any' }]);
  const change = () => opened.store.commit([{ kind: 'put', collection: auditEntries, id, body: {}, expect: 1 }]);
  for (const attempt of [remove, change]) expect(await failure(attempt)).toBeInstanceOf(ConflictError);
  expect(await entries(opened)).toEqual([kept]);
});

test('retention lets go of what is older, and of nothing else', async () => {
  const opened = openAccess();
  for (let count = 0; count < 1200; count += 1) {
    await opened.store.commit([opened.access.audit.auditWrite(denial)]);
  }
  await opened.advance(1000);
  await opened.access.audit.record(denial);
  expect(await opened.access.audit.prune(new Date(opened.now()))).toBe(1200);
  expect(await entries(opened)).toHaveLength(1);
  expect(await opened.access.audit.prune(new Date(opened.now()))).toBe(0);
});

test('a flood of denials from one address becomes ten entries a second and a count: none is lost', async () => {
  const opened = openAccess();
  const { audit } = opened.access;
  for (let count = 0; count < 500; count += 1) await audit.record(denial);
  await audit.record({ ...denial, eventType: 'login.failed' });
  await audit.record({ ...denial, address: '192.0.2.2' });
  expect(await entries(opened)).toHaveLength(11);
  const since = new Date(opened.now()).toISOString();
  await opened.advance(1000);
  expect(await entries(opened, 'denials.counted')).toMatchObject([
    {
      address: '192.0.2.1',
      outcome: 'denied',
      userKind: 'anonymous',
      details: { since, count: 491, eventTypes: { 'access.denied': 490, 'login.failed': 1 } },
    },
  ]);
  await audit.record(denial);
  expect(await entries(opened, 'access.denied')).toHaveLength(12);
});

test('a flood from everywhere is counted too, in bounded memory', async () => {
  const opened = openAccess();
  for (let host = 0; host < 3000; host += 1) {
    await opened.access.audit.record({ ...denial, address: `2001:db8::${host.toString(16)}` });
  }
  expect(await entries(opened, 'access.denied')).toHaveLength(100);
  await opened.advance(1000);
  const { items, total } = await opened.access.audit.find({ limit: 1000, offset: 0, eventType: 'denials.counted' });
  const rest = await opened.access.audit.find({ limit: 1000, offset: 1000, eventType: 'denials.counted' });
  expect(total).toBe(1001);
  const counts = [...items, ...rest.items].map(({ details }) => Number(details?.['count']));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2900);
});

test('counts that cannot be written are kept, and written when the store is back or at the end', async () => {
  const opened = openAccess();
  const { audit } = opened.access;
  const { commit } = opened.store;
  for (let count = 0; count < 15; count += 1) await audit.record(denial);
  opened.store.commit = () => Promise.reject(new StoreUnavailableError('away'));
  await opened.advance(1000);
  expect(opened.lines.join('\n')).toContain('the number of denials could not be stored yet');
  for (let count = 0; count < 12; count += 1) await audit.record(denial).catch(() => undefined);
  opened.store.commit = commit;
  await opened.advance(5000);
  expect(await entries(opened, 'denials.counted')).toMatchObject([{ details: { count: 7 } }]);
  for (let count = 0; count < 11; count += 1) await audit.record(denial);
  await opened.access.close();
  await opened.access.close();
  expect(await entries(opened, 'denials.counted')).toMatchObject([
    { details: { count: 1 } },
    { details: { count: 7 } },
  ]);
});

test('a denial that cannot be written is told of', async () => {
  const opened = openAccess();
  opened.store.commit = () => Promise.reject(new StoreUnavailableError('away'));
  expect(await failure(() => opened.access.audit.record(denial))).toBeInstanceOf(StoreUnavailableError);
});

test('what strangers send is cut, and what is named like a secret is hidden', async () => {
  const opened = openAccess();
  await opened.access.audit.record({
    ...denial,
    user: 'x'.repeat(1000),
    traceId: 'with \0 and \uD800',
    details: {
      password: 'hunter2',
      nested: { apiKey: 'k', list: [{ refreshToken: 't' }, 'kept'] },
      hasPassword: true,
      tokenCount: true,
      reason: 'kept',
    },
  });
  const [entry] = await entries(opened);
  expect(entry?.user).toHaveLength(256);
  expect(entry?.traceId).toBe('with  and \uFFFD');
  expect(entry?.details).toEqual({
    password: '[hidden]',
    nested: { apiKey: '[hidden]', list: [{ refreshToken: '[hidden]' }, 'kept'] },
    hasPassword: true,
    tokenCount: true,
    reason: 'kept',
  });
});
